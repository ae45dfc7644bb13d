export type Environment = Record<string, string | undefined>
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

export interface Clock {
  now(): Date
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Everything a command touches outside files and the network: tests and scripts drive the CLI in-process with their own. */
export interface Io {
  stdout(text: string): void
  stderr(text: string): void
  /** Whether stdout is a terminal: live views, colours, and lines cut to its width. */
  readonly isTTY: boolean
  readonly columns: number
  readonly rows: number
  readonly env: Environment
  readonly clock: Clock
  /** Calls back on Ctrl-C and its like in place of ending the process; returns how to stop listening. */
  onInterrupt(handler: (signal: StopSignal) => void): () => void
}
