import { describe, expect, it } from 'vitest'
import { featureNames } from '../../../../core/data-factory/difficulty/features.ts'
import {
  bucketColumn,
  bucketOf,
  freezeCuts,
  freezeTask,
  scoreColumns,
} from '../../../../core/data-factory/difficulty/freeze-difficulty.ts'
import { scoreTask } from '../../../../core/data-factory/difficulty/rank-features.ts'
import { bucketNames } from '../../../../core/data-factory/select/balance.ts'
import { FrozenDifficulty } from '../../../../schemas/difficulty.ts'

const terciles = { easy_below: 1 / 3, hard_above: 2 / 3 }

/** Lengths, counts and shares as text has them: skewed, with ties, two columns constant. */
function pool(n: number, seed: number): Float32Array[] {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 1) / 2 ** 32
  }
  const skewed = (mean: number) => () => Math.floor(-Math.log(random()) * mean)
  const makers = [skewed(90), () => 1, () => 0, skewed(2), skewed(4), () => random() ** 3 / 5, random]
  return makers.map((make) => Float32Array.from({ length: n }, make))
}

const rowOf = (columns: Float32Array[], row: number) => Float64Array.from(columns, (column) => column[row] as number)

describe('freezeTask', () => {
  it.each([200, 5000, 60_000])('agrees with the exact ranks on at least 99 %% of %i rows', (n) => {
    const columns = pool(n, n)
    const exact = scoreTask(columns, n)
    const cuts = freezeCuts(exact, terciles)
    const codes = bucketColumn(freezeTask(columns, n, terciles), columns, n)
    let agreeing = 0
    for (const [row, score] of exact.entries())
      if (codes[row] === (score < cuts.easy_below ? 0 : score > cuts.hard_above ? 2 : 1)) agreeing += 1
    expect(agreeing / n).toBeGreaterThanOrEqual(0.99)
  })

  it('cuts a pool in thirds', () => {
    const columns = pool(30_000, 5)
    const codes = bucketColumn(freezeTask(columns, 30_000, terciles), columns, 30_000)
    for (const code of [0, 1, 2]) expect(Math.abs(codes.filter((one) => one === code).length - 10_000)).toBeLessThan(20)
  })

  it('survives JSON, and then gives each row by itself the bucket it had in the pool', () => {
    const columns = pool(3000, 11)
    const task = freezeTask(columns, 3000, terciles)
    const codes = bucketColumn(task, columns, 3000)
    const written = JSON.stringify({ definition: 'sluice.difficulty/1', tokens: 'estimated', tasks: { maths: task } })
    const frozen = FrozenDifficulty.parse(JSON.parse(written))
    for (const [row, code] of codes.entries())
      if (bucketOf(frozen, 'maths', rowOf(columns, row)) !== bucketNames[code])
        expect.fail(`row ${row} changed its bucket`)
  })

  it('stays small however large the pool is', () => {
    expect(JSON.stringify(freezeTask(pool(60_000, 3), 60_000, terciles)).length).toBeLessThan(150_000)
  })

  it('ranks a row that the pool never saw between its neighbours, at the ends beyond them', () => {
    const columns = featureNames.map(() => Float32Array.of(10, 20, 30, 40))
    const task = freezeTask(columns, 4, terciles)
    const score = (value: number) =>
      scoreColumns(
        task,
        featureNames.map((name) => Float32Array.of(name === 'len' ? value : 20)),
        1,
      )[0] as number
    expect(score(5)).toBeLessThan(score(10))
    expect(score(10)).toBeLessThan(score(14))
    expect(score(14)).toBeLessThan(score(16))
    expect(score(16)).toBeLessThan(score(20))
    expect(score(99)).toBeGreaterThan(score(40))
  })

  it('calls every row medium where all are alike', () => {
    const columns = featureNames.map(() => new Float32Array(50).fill(3))
    expect([...new Set(bucketColumn(freezeTask(columns, 50, terciles), columns, 50))]).toEqual([1])
  })

  it('refuses a task that it never saw, and a task without rows', () => {
    const frozen = { definition: 'sluice.difficulty/1' as const, tokens: 'estimated', tasks: {} }
    expect(() => bucketOf(frozen, 'toString', new Float64Array(7))).toThrow('task "toString" was never measured')
    expect(() => freezeTask(pool(0, 1), 0, terciles)).toThrow('without rows')
  })
})

describe('freezeCuts', () => {
  it('interpolates as NumPy does', () => {
    const scores = Float64Array.of(0.9, 0.1, 0.5, 0.3)
    expect(freezeCuts(scores, { easy_below: 0.25, hard_above: 0.9 })).toEqual({
      easy_below: expect.closeTo(0.25, 12),
      hard_above: expect.closeTo(0.78, 12),
    })
  })
})
