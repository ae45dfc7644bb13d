import type { Advice, DiagnosticsConfig, RuleName } from '../../schemas/diagnostics.ts'
import type { Columns } from '../metrics/columns.ts'
import type { SourceHead } from '../metrics/source-head.ts'
import type { Oddities } from '../metrics/watcher.ts'
import type { Family } from './algorithm-family.ts'
import type { Episode, Finding, Patience } from './episode.ts'

/** Whose rows are judged. */
export interface DiagnosticsSubject {
  stage: number
  attempt: number
  head: SourceHead
}

/** What a detector judges by. */
export interface Setting extends DiagnosticsSubject {
  config: DiagnosticsConfig
  family: Family
}

export interface Words {
  message: string
  cause: string
  advice: Advice[]
  /** Where it is not the detector's own. */
  metric?: string
}

/** Looks at the next rows, strictly in their order. */
export type Observe = (rows: Columns, oddities: Oddities) => void

/**
 * One condition that a rule watches for. `own` is all it remembers besides its episode: numbers in single precision, rounded at
 * every row, so that a state that was stored and read again is the same state.
 */
export interface Detector {
  rule: RuleName
  metric: string | null
  /** Told apart from the other detectors of its rule by this, in the finding's id. */
  suffix?: string
  unit: string
  /** How many numbers `own` has. */
  numbers: number
  patience(config: DiagnosticsConfig): Patience
  /** undefined: off for this algorithm or recipe. */
  start(setting: Setting, own: Float32Array, episode: Episode): Observe | undefined
  /** From what the episode remembers alone: a finding that ends says the same as when it began. */
  describe(finding: Finding, setting: Setting, own: Float32Array): Words
}
