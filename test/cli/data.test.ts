import { describe, expect, it } from 'vitest'
import { diffLines } from '../../cli/commands/data-diff.ts'
import { reportLines, sparkbar } from '../../cli/commands/data-report-lines.ts'
import { rootOfProof } from '../../cli/commands/data-row-proof.ts'
import { plain } from '../../cli/text/paint.ts'
import { width } from '../../cli/text/width.ts'
import { dataKey } from '../../core/datasets/dataset-store.ts'
import { diffVersions } from '../../core/datasets/diff-versions.ts'
import { createMerkleTree, proofFor } from '../../core/datasets/merkle.ts'
import { readReport } from '../../core/datasets/version-files.ts'
import { createDistribution } from '../../core/text/distribution.ts'
import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { FrozenTask } from '../../schemas/difficulty.ts'
import { createTestApi, type TestApi } from '../api/support/test-api.ts'
import { addDataset } from '../core/support/project.ts'
import { startStub } from './stub-server.ts'
import { createTestIo, sluice } from './test-io.ts'

const tasks = ['algebra', 'geometry', 'a task whose name is longer than anybody would like it to be']
const row = (i: number) =>
  JSON.stringify({
    id: `r${i}`,
    task: tasks[i % 3],
    prompt: `what is ${'very '.repeat(i % 40)}${i}?`,
    answer: `\u009b${i}`,
  })
const rows = (n: number) => Array.from({ length: n }, (_, i) => row(i))

/** The real API behind a socket; `alter` may change what it answers. */
async function server(alter: (path: string, body: object) => object = (_path, body) => body) {
  const api = createTestApi()
  const old = await addDataset(api.platform, 'quiz', rows(90).join('\n'))
  const version = await addDataset(api.platform, 'quiz', [...rows(100), row(3)].slice(2).join('\n'), ['leaked'])
  const { options } = await startStub(async ({ method, path, body }) => {
    const answer = await api.call(method, path, { ...(body !== '' && { body }) })
    return { status: answer.status, body: answer.status < 300 ? alter(path, answer.body) : answer.body }
  })
  return { api, old, version, run: (...words: string[]) => sluice([...options, 'data', ...words]), options }
}

describe('data report', () => {
  it('shows sizes, shapes, labels, repeats and where the rows come from', async () => {
    const { version, run } = await server()
    const { code, out } = await run('report', 'quiz')
    expect(code).toBe(0)
    expect(out).toContain(`quiz@${version.digest}\n99 answer rows, `)
    expect(out).toContain(', uploaded\n')
    expect(out).toContain(`merkle root ${version.merkle_root}\n`)
    expect(out).toContain('tainted: leaked\n')
    expect(out).toContain('repeated 1 rows (1.0 %)')
    expect(out).toMatch(/^COLUMN +MIN +P01 .* P99 +MAX +MEAN +SHAPE$/m)
    expect(out).toMatch(/^words +\d+ .*[▁▂▃▄▅▆▇█]+$/m)
    expect(out).toMatch(/^task\n {2}algebra +34 +34\.3 % {2}█+$/m)
    expect(out).toMatch(/^ {2}\{"id":"r2"/m)
  })

  it('of an older version, and as JSON, is what the API says', async () => {
    const { old, run } = await server()
    const { code, out } = await run('report', `quiz@${old.digest}`, '--json')
    expect([code, JSON.parse(out).rows]).toEqual([0, 90])
  })

  it.each([
    ['Quiz', 'bad dataset "Quiz"'],
    ['quiz@123', 'bad dataset "quiz@123"'],
    ['nothing', 'dataset "nothing" does not exist'],
  ])('of %s says what is wrong', async (name, said) => {
    const { code, err } = await (await server()).run('report', name)
    expect([code, err]).toEqual([1, expect.stringContaining(said)])
  })

  it('fits the terminal', async () => {
    const { api, version } = await server()
    const report = await readReport(api.platform.blobs, version)
    const operator = {
      operator: 'dedup',
      config_digest: version.digest,
      rows_in: 9,
      rows_out: 7,
      changed: 0,
      samples: [],
    }
    const why = {
      reasons: { near_duplicate: 2 },
      notes: ['looked at every pair of rows in turn, and found few'],
      seconds: 0.25,
    }
    for (const columns of [50, 60, 80, 100, 140, 200]) {
      const lines = reportLines({ ...report, operators: [{ ...operator, ...why }] }, columns, plain)
      for (const line of lines.filter((each) => !each.includes('█'))) expect(width(line)).toBeLessThanOrEqual(columns)
    }
    const wide = reportLines({ ...report, operators: [{ ...operator, ...why }] }, Number.POSITIVE_INFINITY, plain)
    expect(wide.find((line) => line.startsWith('dedup'))).toMatch(
      /^dedup +9 +2 +0 +0.25 +near_duplicate 2; looked at every pair/,
    )
  })

  it('says which rows of each task count as easy and as hard, where a build measured it', async () => {
    const { api, version } = await server()
    const report = await readReport(api.platform.blobs, version)
    const feature = { values: [1], ranks: [0.5] }
    const features: FrozenTask['features'] = [feature, feature, feature, feature, feature, feature, feature]
    const tasks = { algebra: { rows: 34, features, easy_below: 0.31, hard_above: 0.6512 } }
    const difficulty = { definition: 'sluice.difficulty/1' as const, tokens: 'estimate', tasks }
    const lines = reportLines({ ...report, difficulty }, 80, plain)
    expect(lines).toContain('  algebra: of 34 rows, easy below 0.31, hard above 0.6512')
    expect(reportLines(report, 80, plain)).not.toContain('difficulty')
  })

  it('draws a histogram with empty buckets blank and the fullest full', () => {
    const of = (...values: number[]) => {
      const distribution = createDistribution()
      for (const value of values) distribution.add(value)
      return sparkbar(distribution.toJSON())
    }
    expect(of(1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 5)).toBe('█ ▄ ▁')
    expect(of(7, 7)).toBe('█')
    expect(of(0, 1, 1, 1, 5000)).toMatch(/ log$/)
    expect(of()).toBe('')
  })
})

describe('data diff', () => {
  it('shows rows that came, went and changed, and what moved', async () => {
    const { old, run } = await server()
    const { code, out } = await run('diff', `quiz@${old.digest}`, 'quiz')
    expect(code).toBe(0)
    expect(out).toContain('+11 added  -2 removed  ~0 changed  88 unchanged\n')
    expect(out).toMatch(/^- \{"id":"r0"/m)
    expect(out).toMatch(/^\+ \{"id":"r90"/m)
    expect(out).toContain('  and 1 more added\n')
    expect(out).toMatch(/^words +[\d.]+ → [\d.]+ /m)
    expect(out).toMatch(/^TASK +FROM +TO$/m)
    const json = await run('diff', `quiz@${old.digest}`, 'quiz', '--json')
    expect(JSON.parse(json.out)).toMatchObject({ added: 11, removed: 2 })
  })

  it('shows both sides of a changed row, within the terminal', async () => {
    const { platform } = createTestApi()
    const from = await addDataset(platform, 'a', JSON.stringify({ id: 'x', prompt: 'before '.repeat(30), answer: 'a' }))
    const to = await addDataset(platform, 'b', JSON.stringify({ id: 'x', prompt: 'after '.repeat(30), answer: 'a' }))
    const lines = diffLines(await diffVersions(platform.blobs, from, to), 60, plain)
    expect(lines).toContainEqual('~ x')
    for (const start of ['  - {"id":"x","prompt":"before', '  + {"id":"x","prompt":"after'])
      expect(lines.some((line) => line.startsWith(start))).toBe(true)
    for (const line of lines) expect(width(line)).toBeLessThanOrEqual(60)
  })
})

describe('data verify', () => {
  it('says that every byte is as it was registered', async () => {
    const { version, run } = await server()
    const { code, out } = await run('verify', 'quiz')
    expect([code, out]).toEqual([0, expect.stringContaining('✓ quiz: every byte of 99 rows, ')])
    expect(out).toContain(version.merkle_root)
    expect(await run('verify', 'quiz', '--root', version.merkle_root)).toMatchObject({ code: 0 })
    const other = await run('verify', 'quiz', '--root', 'ab'.repeat(32))
    expect([other.code, other.err]).toEqual([1, expect.stringContaining(`not ${'ab'.repeat(32)}`)])
  })

  it('fails with what differs, on a screen and as JSON', async () => {
    const { api, version, run } = await server()
    await api.platform.blobs.put(dataKey(version), 'damaged\n', 'any')
    const { code, out } = await run('verify', 'quiz')
    expect(code).toBe(1)
    expect(out).toContain(`✗ quiz@${version.digest} is not what was registered:\n  data-00000.jsonl: digest is `)
    const json = await run('verify', 'quiz', '--json')
    expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { ok: false, rows: 1 }])
  })

  it('checks the proof of a row itself', async () => {
    const { version, run, options } = await server()
    const { code, out } = await run('verify', 'quiz', '--row', '5', '--root', version.merkle_root)
    expect([code, out]).toEqual([0, expect.stringContaining(`✓ row 5 is one of the 99 rows of quiz@${version.digest}`)])
    expect(out).not.toContain('\u009b')
    const json = await run('verify', 'quiz', '--row', '98', '--json')
    expect([json.code, JSON.parse(json.out)]).toMatchObject([
      0,
      { ok: true, problems: [], proof: { row: 98, json: row(3) } },
    ])
    const narrow = createTestIo({ isTTY: true, columns: 60, env: { NO_COLOR: '1' } })
    await sluice([...options, 'data', 'verify', 'quiz', '--row', '5'], narrow)
    expect(width(narrow.out.trimEnd().split('\n').at(-1) as string)).toBeLessThanOrEqual(60)
  })

  const lies: [string, (proof: { json: string; path: string[]; row: number }) => object, RegExp][] = [
    ['another row', (proof) => ({ ...proof, json: proof.json.replace('what', 'That') }), /lead to the root/],
    ['another sibling', (proof) => ({ ...proof, path: proof.path.with(2, 'ab'.repeat(32)) }), /lead to the root/],
    ['a sibling less', (proof) => ({ ...proof, path: proof.path.slice(1) }), /another length/],
    ['a sibling more', (proof) => ({ ...proof, path: [...proof.path, 'ab'.repeat(32)] }), /another length/],
    ['another place', (proof) => ({ ...proof, row: 4 }), /its row is 4, not 5/],
    ['another count', (proof) => ({ ...proof, rows: 98 }), /its rows is 98, not 99/],
    ['another root', (proof) => ({ ...proof, merkle_root: 'ab'.repeat(32) }), /its merkle_root is/],
  ]

  it.each(lies)('is not deceived by a server that sends %s', async (_, lie, said) => {
    const { run } = await server((path, body) => (path.endsWith('/proof') ? lie(body as never) : body))
    const { code, out } = await run('verify', 'quiz', '--row', '5')
    expect(code).toBe(1)
    expect(out).toContain('✗ row 5 of quiz@')
    expect(out).toMatch(said)
  })

  it('is not deceived by a server whose record and proof agree, when the root is known', async () => {
    const forged = createMerkleTree()
    forged.add(new TextEncoder().encode('{"prompt":"forged","answer":"x"}'))
    const root = forged.root()
    const { version, run } = await server((path, body) =>
      path.endsWith('/proof')
        ? { ...body, json: '{"prompt":"forged","answer":"x"}', path: [], rows: 1, merkle_root: root }
        : { ...(body as DatasetVersion), rows: 1, merkle_root: root },
    )
    expect((await run('verify', 'quiz', '--row', '0')).code).toBe(0)
    expect((await run('verify', 'quiz', '--row', '0', '--root', version.merkle_root)).code).toBe(1)
  })

  it('says when there is no such row', async () => {
    const { code, err } = await (await server()).run('verify', 'quiz', '--row', '99')
    expect([code, err]).toEqual([1, expect.stringContaining('its rows are 0 to 98')])
  })
})

it('the root of a proof is that of the tree, whatever its size', async () => {
  async function* leaves(n: number) {
    for (let i = 0; i < n; i++) yield new TextEncoder().encode(`row ${i}`)
  }
  for (let n = 1; n <= 40; n++)
    for (let index = 0; index < n; index++) {
      const proof = await proofFor(leaves(n), index)
      const claim = { json: `row ${index}`, path: proof?.path ?? [], row: index, rows: n }
      expect(rootOfProof(claim)).toBe(proof?.root)
      expect(rootOfProof({ ...claim, row: index + n })).toBeUndefined()
    }
})

describe('the first part of datasets', () => {
  it('is in data too, with its own words', async () => {
    const { api, run } = await server()
    expect((await run('list')).out).toMatch(/^quiz /m)
    expect((await run('versions', 'quiz')).out.split('\n')).toHaveLength(4)
    await addDataset((api as TestApi).platform, 'another', row(1))
    expect((await run('list', '--limit', '1')).err).toContain('more: sluice data list --limit 1 --after ')
  })
})
