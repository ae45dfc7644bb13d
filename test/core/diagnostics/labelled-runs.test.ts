import { describe, expect, it } from 'vitest'
import { replay } from '../../../core/diagnostics/replay.ts'
import { Anomaly } from '../../../schemas/diagnostics.ts'
import { diseases } from '../../../scripts/labelled-runs/diseases.ts'
import { diseasedKinds, healthyKinds, labelledRun } from '../../../scripts/labelled-runs/labelled-runs.ts'
import type { LabelledRun } from '../../../scripts/labelled-runs/run.ts'

const seeds = Array.from({ length: 50 }, (_, i) => 20_000 + i)
type Judged = { run: LabelledRun; found: Anomaly[] }[]
const known = new Map<string, Judged>()

function judge(kind: string): Judged {
  const judged = known.get(kind) ?? seeds.map((seed) => judgeOne(kind, seed))
  known.set(kind, judged)
  return judged
}

function judgeOne(kind: string, seed: number): Judged[number] {
  const run = labelledRun(kind, seed)
  return { run, found: replay({ stage: 1, attempt: 2, head: run.head }, [run.rows]) }
}

const isLoud = ({ severity }: Anomaly) => severity !== 'low'

describe('healthy runs', () => {
  for (const kind of healthyKinds) {
    it(`${kind}: nothing high, nothing that stops, hardly anything above low`, () => {
      const judged = judge(kind)
      const grave = judged.flatMap(({ found }) =>
        found.filter(({ severity }) => ['critical', 'high'].includes(severity)),
      )
      expect(grave).toEqual([])
      expect(judged.filter(({ found }) => found.some(isLoud)).length).toBeLessThanOrEqual(2)
    })
  }
})

describe('ill runs', () => {
  for (const kind of diseasedKinds) {
    const { rule } = diseases[kind]!
    it(`${kind}: ${rule} says so in at least nine of ten, and its findings are well-formed`, () => {
      const judged = judge(kind)
      const caught = judged.filter(({ run, found }) =>
        found.some((each) => each.rule === rule && isLoud(each) && each.last_step >= run.disease!.onset),
      )
      expect(caught.length).toBeGreaterThanOrEqual(0.9 * seeds.length)
      for (const { found } of judged) {
        for (const anomaly of found) Anomaly.parse(anomaly)
        expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
      }
    })
  }

  it('nothing stops a run before it falls ill', () => {
    for (const kind of diseasedKinds) {
      for (const { run, found } of judge(kind)) {
        const early = found.filter(({ stops, last_step }) => stops && last_step < run.disease!.onset)
        expect(early, `${kind} ${run.seed}`).toEqual([])
      }
    }
  })

  it('what stops runs: NaN, KL, collapse; in observe mode nothing does', () => {
    for (const kind of ['NaN loss', 'KL explosion', 'reward collapse, sudden', 'reward collapse, gradual']) {
      const run = labelledRun(kind, 20_000)
      const subject = { stage: 0, attempt: 1, head: run.head }
      expect(
        replay(subject, [run.rows]).some(({ stops }) => stops),
        kind,
      ).toBe(true)
      const observed = { ...run.head, diagnostics: { mode: 'observe' } as never }
      const found = replay({ ...subject, head: observed }, [run.rows])
      expect(found.some(({ severity }) => severity === 'critical')).toBe(true)
      expect(found.some(({ stops }) => stops)).toBe(false)
    }
  })
})
