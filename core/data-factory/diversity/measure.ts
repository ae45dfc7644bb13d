/** What every measure of a task tells besides its own figures. */
export interface Measure {
  /** null when it cannot be computed; a gate on it then fails. */
  value: number | null
  n: number
  /** Name and version of the definition: figures of different versions do not compare. */
  definition: string
  flags: string[]
}
