import { DiagnosticsConfig } from '../../schemas/diagnostics.ts'
import type { SourceHead } from '../metrics/source-head.ts'

/** The thresholds of an attempt: its recipe's, with every default filled in. */
export function configOf(head: Pick<SourceHead, 'diagnostics'>): DiagnosticsConfig {
  return DiagnosticsConfig.parse(head.diagnostics ?? {})
}
