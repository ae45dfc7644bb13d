export interface EvaluateOnExit {
  Action: string
  OnReason?: string
  OnStatusReason?: string
  OnExitCode?: string
}

/** As Batch tells the end of an attempt. */
export interface BatchExit {
  exitCode?: number
  reason?: string
  statusReason?: string
}

/** What AWS Batch does with a failed attempt while it has attempts left: the first entry that matches, RETRY when none does. */
export function evaluateOnExit(entries: readonly EvaluateOnExit[], exit: BatchExit): string {
  const found = entries.find(
    ({ OnReason, OnStatusReason, OnExitCode }) =>
      matches(OnReason, exit.reason) &&
      matches(OnStatusReason, exit.statusReason) &&
      matches(OnExitCode, exit.exitCode),
  )
  return found?.Action ?? 'RETRY'
}

function matches(pattern: string | undefined, value: string | number | undefined): boolean {
  if (pattern === undefined) return true
  // AWS does not say whether `*` matches what is not there: here it does not, which is the reading that retries.
  if (value === undefined) return false
  const text = String(value)
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern
}
