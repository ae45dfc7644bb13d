import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEngine, type DiagnosticsSubject } from '../../../core/diagnostics/engine.ts'
import { nothingOdd, replay } from '../../../core/diagnostics/replay.ts'
import type { Columns } from '../../../core/metrics/columns.ts'
import type { Anomaly } from '../../../schemas/diagnostics.ts'
import { diseasedKinds, healthyKinds, labelledRun } from '../../../scripts/labelled-runs/labelled-runs.ts'
import { sliceColumns } from '../../../scripts/labelled-runs/run.ts'
import { brief, find, headOf, rowsOf, steps } from './support.ts'

const kinds = [...healthyKinds, ...diseasedKinds]
const kindAndSeed = fc.record({ kind: fc.constantFrom(...kinds), seed: fc.integer({ min: 0, max: 400 }) })

/** The findings and the last state when rows come in these parts; with a new engine from the stored state for each part when told. */
function run(subject: DiagnosticsSubject, rows: Columns, cuts: readonly number[], restarts: boolean) {
  const found = new Map<string, Anomaly>()
  let engine = createEngine(subject)
  const edges = [0, ...[...cuts].sort((a, b) => a - b), rows.steps.length]
  for (let i = 1; i < edges.length; i++) {
    if (restarts) engine = createEngine(subject, engine.state())
    const news = engine.observe(sliceColumns(rows, edges[i - 1]!, edges[i]!), nothingOdd)
    for (const anomaly of news) found.set(anomaly.id, anomaly)
  }
  const byId = (a: Anomaly, b: Anomaly) => (a.id < b.id ? -1 : 1)
  return { found: [...found.values()].sort(byId), state: Buffer.from(engine.state()).toString('hex') }
}

/** Now and then a NaN, a step again, and a step back. */
function soil(rows: Columns, places: readonly number[]): Columns {
  const dirty = structuredClone(rows)
  places.forEach((place, i) => {
    const row = 1 + (place % (rows.steps.length - 1))
    if (i % 3 === 0) dirty.columns[place % dirty.columns.length]!.values[row] = Number.NaN
    if (i % 3 === 1) dirty.steps[row] = dirty.steps[row - 1]!
    if (i % 3 === 2) dirty.steps[row] = Math.max(0, dirty.steps[row - 1]! - 30)
  })
  return dirty
}

describe('the engine', () => {
  it('finds the same, to the byte, wherever chunks are cut and whenever it is restarted from its state', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 12 })
    fc.assert(
      fc.property(
        kindAndSeed,
        cuts,
        fc.boolean(),
        fc.array(fc.nat(100_000), { maxLength: 9 }),
        ({ kind, seed }, at, restarts, dirt) => {
          const { rows, head } = labelledRun(kind, seed)
          const soiled = soil(rows, dirt)
          const subject = { stage: 0, attempt: 1, head }
          const within = at.map((each) => each % rows.steps.length)
          expect(run(subject, soiled, within, restarts)).toEqual(run(subject, soiled, [], false))
        },
      ),
      { numRuns: 150, seed: 7 },
    )
  })

  it('finds the same row by row', () => {
    for (const kind of kinds) {
      const { rows, head } = labelledRun(kind, 3)
      const subject = { stage: 0, attempt: 1, head }
      const all = Array.from(rows.steps, (_, row) => row)
      expect(run(subject, rows, all, true), kind).toEqual(run(subject, rows, [], false))
    }
  })

  it('remembers about 420 bytes of a GRPO run, and never more than 4 KiB', () => {
    for (const kind of kinds) {
      const sizes = [1, 2, 3, 4, 5].map((seed) => {
        const { rows, head } = labelledRun(kind, seed)
        const engine = createEngine({ stage: 0, attempt: 1, head })
        engine.observe(rows, nothingOdd)
        return engine.state().length
      })
      expect(Math.max(...sizes)).toBeLessThan(4096)
      if (kind === 'GRPO, healthy') expect(sizes.sort((a, b) => a - b)[2]).toBeLessThanOrEqual(440)
    }
  })

  it('starts fresh from a state that is cut, empty or of other rules', () => {
    const { rows, head } = labelledRun('GRPO, healthy', 1)
    const subject = { stage: 0, attempt: 1, head }
    const engine = createEngine(subject)
    engine.observe(rows, nothingOdd)
    const state = engine.state()
    const fresh = createEngine(subject).state()
    expect(createEngine(subject, state).state()).toEqual(state)
    const other = Uint8Array.from(state)
    other[0] = state[0]! + 1
    for (const bad of [state.slice(0, -1), new Uint8Array(), other]) {
      expect(createEngine(subject, bad).state()).toEqual(fresh)
    }
  })

  it('takes any bytes for a state without a crash', () => {
    const head = headOf('grpo')
    const bytes = fc.uint8Array({ maxLength: 200 }).map((each) => Uint8Array.from([1, ...each]))
    fc.assert(
      fc.property(bytes, (state) => {
        createEngine({ stage: 0, attempt: 1, head }, state).observe(rowsOf({ kl_ref: [0.1, 5, 5] }), nothingOdd)
      }),
    )
  })

  it('tells at most 20 episodes, the last says so, and a first critical one still comes', () => {
    const times = Array.from({ length: 30 }, () => steps([4, 0.1], [20, 0.01])).flat()
    const config = { kl_drift: { target_kl: 0.02 } } as never
    const found = find('grpo', rowsOf({ kl_ref: [...times, ...steps([10, 2])] }), { diagnostics: config })
    const drifts = found.filter(({ rule }) => rule === 'kl_drift')
    expect(drifts).toHaveLength(21)
    expect(drifts.slice(0, 19).every(({ message }) => !message.includes('later ones'))).toBe(true)
    expect(drifts[19]!.message).toContain('20 episodes in this attempt: later ones are not told')
    expect(drifts.slice(0, 20).every(({ ended, severity }) => ended && severity === 'medium')).toBe(true)
    expect(drifts[20]).toMatchObject({ severity: 'critical', ended: false })
  })

  it('keeps evidence from two steps before the beginning, eight pairs at most, exact to seven digits', () => {
    const values = [...steps([30, 0.01]), ...Array.from({ length: 20 }, (_, i) => 1.1 + 0.05 * i)]
    const found = find('grpo', rowsOf({ kl_ref: values }))
    const worst = found[0]!
    expect(worst).toMatchObject({ id: '0.1.kl_explosion.31', step: 31, metric: 'kl_ref', unit: 'nats' })
    expect(worst.evidence.slice(0, 2)).toEqual([
      [29, 0.01],
      [30, 0.01],
    ])
    expect(worst.evidence[2]).toEqual([31, 1.1])
    expect(worst.evidence.length).toBeLessThanOrEqual(8)
    expect(worst.time).toBe('2023-11-14T22:13:51.000Z')
  })

  it('ends an episode after a clear stretch, and tells the next under its own id', () => {
    const values = [...steps([5, 0.01], [6, 0.1], [15, 0.01], [6, 0.1], [15, 0.01])]
    const config = { kl_drift: { target_kl: 0.02 } } as never
    expect(find('grpo', rowsOf({ kl_ref: values }), { diagnostics: config })).toMatchObject([
      { id: '0.1.kl_drift.6', ended: true, last_step: 11, severity: 'medium' },
      { id: '0.1.kl_drift.27', ended: true, last_step: 32 },
    ])
  })

  it('gives what happens again after a step back its own id', () => {
    const config = { kl_drift: { target_kl: 0.02 } } as never
    const values = steps([5, 0.01], [4, 0.1], [12, 0.01], [4, 0.1], [12, 0.01])
    const numbers = values.map((_, row) => (row < 18 ? row + 1 : row - 15))
    const found = find('grpo', rowsOf({ kl_ref: values }, numbers), { diagnostics: config })
    expect(brief(found.filter(({ rule }) => rule === 'kl_drift'))).toEqual([
      '0.1.kl_drift.6 medium',
      '0.1.kl_drift.6.2 medium',
    ])
  })

  it('counts a step once, however many lines it has', () => {
    const config = { kl_drift: { target_kl: 0.02, run: 3 } } as never
    const rows = rowsOf({ kl_ref: steps([2, 0.01], [9, 0.1]) }, [1, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4])
    expect(find('grpo', rows, { diagnostics: config })).toEqual([])
  })

  it('gives the same list for the same run, with rules switched off saying nothing', () => {
    const { rows, head } = labelledRun('KL explosion', 5)
    const subject = { stage: 0, attempt: 1, head }
    expect(replay(subject, [rows])).toEqual(replay(subject, [rows]))
    const off = { kl_explosion: { enabled: false }, kl_drift: { enabled: false } } as never
    const found = replay({ ...subject, head: { ...head, diagnostics: off } }, [rows])
    expect(found.filter(({ rule }) => rule.startsWith('kl_'))).toEqual([])
  })
})
