import { DatabaseSync } from 'node:sqlite'

/** Names of the states that an execution went through, each as often as it was entered: what Step Functions bills. */
export function statesEntered(directory: string, execution: string): string[] {
  const database = new DatabaseSync(`${directory}/executions.db`, { readOnly: true })
  const rows = database.prepare('select key from journal where execution = ?').all(execution)
  database.close()
  // Entries with a number after @ are tries of a state that is there under its own key.
  return rows.map(({ key }) => String(key)).flatMap((key) => /\.(\w+)$/.exec(key)?.[1] ?? [])
}
