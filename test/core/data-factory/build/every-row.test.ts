import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { listDroppedRows } from '../../../../core/data-factory/build/dropped-rows.ts'
import { getDatasetVersion } from '../../../../core/datasets/dataset-store.ts'
import { verifyVersion } from '../../../../core/datasets/verify-version.ts'
import { readReport } from '../../../../core/datasets/version-files.ts'
import type { Build, DroppedRow } from '../../../../schemas/build.ts'
import type { Row } from '../../../../schemas/rows.ts'
import { createTestPlatform, type TestPlatform } from '../../support/test-platform.ts'
import { build, register, rowsOf, story } from './support.ts'

interface Cell {
  story: number
  variant: number
  task: string | undefined
  flaw: string
}

const flaws: Record<string, string> = {
  none: '',
  placeholder: ' {question}',
  mail: ' Write to ann@example.com.',
  toxic: ' badword',
  untidy: '  \n\n\n\n ',
}

const cell: fc.Arbitrary<Cell> = fc.record({
  story: fc.integer({ min: 1, max: 9 }),
  variant: fc.integer({ min: 0, max: 2 }),
  task: fc.constantFrom('a', 'b', undefined, '__proto__', '(none)'),
  flaw: fc.constantFrom('none', 'none', 'none', ...Object.keys(flaws)),
})

/** Stories of one number are near-duplicates of each other: a word or two at the end of dozens. */
const rowOf = ({ story: number, variant, task, flaw }: Cell, i: number) => {
  const { prompt, completion } = story(number + 20)
  const told = `${completion}${' indeed'.repeat(variant)}${flaws[flaw]}`
  return { id: `r${i}`, prompt, completion: told, ...(task !== undefined && { task }) }
}

const off = fc.constant(false)
const some = (...given: unknown[]) => fc.constantFrom(...given)
const operators = fc
  .record({
    normalise: some(false, {}),
    clean: some(false, {}, { max_repeated_trigram_share: 1 }),
    length: fc.oneof(off, fc.record({ min_tokens: fc.integer({ min: 0, max: 90 }) })),
    language: some(false, { allow: ['en'] }, { allow: ['fr'] }),
    quality: fc.oneof(off, fc.record({ min_score: fc.constantFrom(0, 0.3, 0.9) })),
    pii: some(false, {}, { action: 'drop' }, { action: 'warn' }),
    toxicity: some(false, { terms: ['badword'] }, { terms: ['badword'], action: 'warn' }),
    decontaminate: some(false, { against: ['exam'] }),
    exact_duplicates: fc.boolean(),
    near_duplicates: some(false, {}, { threshold: 0.99 }),
    difficulty: some(false, {}),
    balance: some(false, {}),
    mix: some(false, false, { weights: { a: 1, b: 2 } }, { weights: { a: 1 }, rows: 4 }),
    split: some(false, { parts: { train: 3, test: 1 } }, { parts: { x: 1, y: 1, z: 1 } }),
  })
  .map((given) => (given.balance ? { ...given, difficulty: {} } : given))

const ends = { succeeded: 0, failed: 0, parts: 0 }
// A property that only ever sees builds fail would say nothing.
afterAll(() => {
  expect(ends.succeeded).toBeGreaterThan(20)
  expect(ends.parts).toBeGreaterThan(5)
})

it('every row of the sources is in one output or among the rows left out, once, whatever the operators', async () => {
  const sources = fc.tuple(
    fc.array(cell, { minLength: 1, maxLength: 30 }),
    fc.array(cell, { minLength: 1, maxLength: 6 }),
  )
  await fc.assert(
    fc.asyncProperty(sources, operators, fc.nat({ max: 9 }), async (cells, given, seed) => {
      const platform = createTestPlatform()
      await register(platform, 'exam', [{ prompt: story(21).prompt, answer: '1' }])
      const tables = cells.map((some) => some.map(rowOf))
      const names: string[] = []
      for (const [i, rows] of tables.entries()) {
        const { digest } = await register(
          platform,
          `raw${i}`,
          rows.map((row) => ({ ...row, id: `${i}-${row.id}` })),
        )
        names.push(`raw${i}@${digest}`)
      }
      const request = {
        kind: 'dataset',
        name: 'made',
        sources: names.map((dataset) => ({ dataset })),
        operators: given,
        seed,
      }
      const made = await build(platform, request)
      if (made.status === 'failed') {
        expect(made.reason?.message).toMatch(/^no row is left for dataset/)
        ends.failed += 1
        return
      }
      ends.succeeded += 1
      await expectEveryRowOnce(platform, made, tables, names)
    }),
    { numRuns: 80, seed: 20250820 },
  )
}, 120_000)

async function expectEveryRowOnce(platform: TestPlatform, made: Build, tables: object[][], names: string[]) {
  const total = tables.flat().length
  const places: string[] = []
  const partOf = new Map<string, string>()
  const { request } = made
  const alike =
    request.kind === 'dataset' &&
    (!request.operators.near_duplicates || request.operators.near_duplicates.threshold < 0.9)
  let kept = 0
  for (const { dataset, digest, rows: said } of made.outputs) {
    const version = await getDatasetVersion(platform.table, `${dataset}@${digest}`)
    expect(await verifyVersion(platform.blobs, version)).toMatchObject({ ok: true, problems: [] })
    const rows = await rowsOf(platform, version)
    const report = await readReport(platform.blobs, version)
    expect([rows.length, report.rows]).toEqual([said, said])
    kept += said
    for (const row of rows) {
      const [source = '', number = ''] = (row.id ?? '').split('-r')
      places.push(`${names[Number(source)]} ${Number(number) + 1}`)
      const told = toldBy(row)
      if (told === undefined || !alike) continue
      expect(partOf.get(told) ?? dataset).toBe(dataset)
      partOf.set(told, dataset)
    }
    let before = total
    for (const { operator, rows_in, rows_out } of report.operators) {
      expect({ operator, rows_in }).toEqual({ operator, rows_in: before })
      expect(rows_out).toBeLessThanOrEqual(rows_in)
      before = rows_out
    }
    if (made.outputs.length === 1) expect(before).toBe(said)
  }
  if (made.outputs.length > 1) ends.parts += 1
  const left = await everyDropped(platform, made.id)
  expect(kept + left.length).toBe(total)
  expect(made.dropped).toBe(left.length)
  const all = [...places, ...left.map(({ source, row }) => `${source} ${row}`)]
  expect(all.toSorted()).toEqual(
    names.flatMap((name, i) => (tables[i] ?? []).map((_, at) => `${name} ${at + 1}`)).toSorted(),
  )
  for (const { operator, reason, json } of left) {
    expect([operator, reason]).not.toContain('')
    expect(JSON.parse(json)).toHaveProperty('prompt')
  }
}

/** The prompt of a row that is a near-duplicate of every other such row with this prompt. */
function toldBy(row: Row): string | undefined {
  if (!('prompt' in row && 'completion' in row) || typeof row.prompt !== 'string') return undefined
  return /Write|badword|\{/.test(row.completion) ? undefined : row.prompt
}

async function everyDropped(platform: TestPlatform, id: string): Promise<DroppedRow[]> {
  const all: DroppedRow[] = []
  let cursor: string | undefined
  do {
    const page = await listDroppedRows(platform, id, { limit: 3, ...(cursor !== undefined && { cursor }) })
    all.push(...page.items)
    cursor = page.cursor
  } while (cursor !== undefined)
  return all
}
