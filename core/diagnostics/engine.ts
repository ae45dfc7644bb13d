import { type Anomaly, rulesVersion } from '../../schemas/diagnostics.ts'
import type { Columns } from '../metrics/columns.ts'
import type { Oddities } from '../metrics/watcher.ts'
import { familyOf } from './algorithm-family.ts'
import { configOf } from './config-of.ts'
import type { DiagnosticsSubject, Observe, Setting } from './detector.ts'
import { detectors } from './detectors.ts'
import { readState, type Slot, writeState } from './engine-state.ts'
import { createEpisode, episodeNumbers } from './episode.ts'
import { toAnomaly } from './to-anomaly.ts'

export type { DiagnosticsSubject } from './detector.ts'

export interface Engine {
  /** Findings that these rows open, worsen or end, each as it stands after them. Rows come in the order in which they were logged. */
  observe(rows: Columns, oddities: Oddities): Anomaly[]
  /** All that it remembers: usually 200 to 450 bytes, never above 4 KiB. */
  state(): Uint8Array
}

/**
 * The diagnostic rules over one attempt, from its first row or from a stored state. What is found follows from the rows, not from
 * where chunks are cut. A state of other rules, or one that cannot be read, is not used: the engine starts fresh behind it, so that an
 * episode that was open may be told again from there on.
 */
export function createEngine(subject: DiagnosticsSubject, state?: Uint8Array): Engine {
  const setting: Setting = { ...subject, config: configOf(subject.head), family: familyOf(subject.head.algorithm) }
  const empty = (): Slot[] =>
    detectors.map(({ numbers }) => ({ own: new Float32Array(numbers), episode: new Float64Array(episodeNumbers) }))
  const slots = (state && readState(state, rulesVersion, empty())) || empty()
  let news = new Map<string, Anomaly>()

  const running = detectors.flatMap((detector, i): Observe[] => {
    const { own, episode: memory } = slots[i]!
    if (!setting.config[detector.rule].enabled) return []
    const patience = detector.patience(setting.config)
    const episode = createEpisode(memory, patience, (finding) => {
      const anomaly = toAnomaly(detector, finding, setting, own)
      news.set(anomaly.id, anomaly)
    })
    const observe = detector.start(setting, own, episode)
    return observe ? [observe] : []
  })

  return {
    observe(rows, oddities) {
      news = new Map()
      for (const observe of running) observe(rows, oddities)
      return [...news.values()]
    },
    state: () => writeState(slots, rulesVersion),
  }
}
