import type { Columns } from './columns.ts'
import type { Source } from './metric-store.ts'

/** What ingest saw in a segment that is no metric: counted, kept aside, and told to the watcher. */
export interface Oddities {
  junk_lines: number
  /** Rows whose step is below that of the row before. */
  backward_steps: number
  /** Values that are no number although their metric was one before. */
  type_changes: number
  /** Metrics that were left out because their attempt has too many, with some of their names. */
  refused_names: { count: number; examples: string[] }
}

/** Watches the rows of one attempt as they are stored. What it says follows from the rows alone, wherever chunks begin and end. */
export interface Watcher {
  /**
   * The rows of the next chunk, before it is stored, with what was odd so far in the whole attempt. Called again with the same rows
   * after a crash.
   */
  observe(rows: Columns, oddities: Oddities): Promise<void>
  /** All it needs to go on behind these rows, in a few hundred bytes. Stored with the cursor. */
  state(): Uint8Array
}

/** The watcher of an attempt from its first row on, or from a stored state. */
export type OpenWatcher = (source: Source, state: Uint8Array | undefined) => Promise<Watcher>
