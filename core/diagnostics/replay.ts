import type { Anomaly } from '../../schemas/diagnostics.ts'
import type { Columns } from '../metrics/columns.ts'
import type { Oddities } from '../metrics/watcher.ts'
import { createEngine, type DiagnosticsSubject } from './engine.ts'

/** Every finding of an attempt as it stands after its last row, in the order in which they were first told. */
export function replay(subject: DiagnosticsSubject, batches: Iterable<Columns>): Anomaly[] {
  const engine = createEngine(subject)
  const found = new Map<string, Anomaly>()
  for (const rows of batches) for (const anomaly of engine.observe(rows, nothingOdd)) found.set(anomaly.id, anomaly)
  return [...found.values()]
}

/** Stored rows have no junk beside them any more. */
export const nothingOdd: Oddities = {
  junk_lines: 0,
  backward_steps: 0,
  type_changes: 0,
  refused_names: { count: 0, examples: [] },
}
