import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { documentKey } from '../../../../core/data-factory/build/build-store.ts'
import { listDroppedRows } from '../../../../core/data-factory/build/dropped-rows.ts'
import { ShadowManifest } from '../../../../core/data-factory/shadow-set/manifest.ts'
import { getDatasetVersion, listVersions } from '../../../../core/datasets/dataset-store.ts'
import { listSuites } from '../../../../core/datasets/suites.ts'
import { verifyVersion } from '../../../../core/datasets/verify-version.ts'
import { readReport } from '../../../../core/datasets/version-files.ts'
import { digestJson } from '../../../../core/platform/digest.ts'
import { createTestPlatform, type TestPlatform } from '../../support/test-platform.ts'
import { build, register, rowsOf, story } from './support.ts'

const pack = readFileSync(new URL('../../../../docs/examples/templates/pack.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const questions = (task: string, count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => ({
    id: `${task}-${i}`,
    task,
    prompt: `${task} asks about ${story(first + i).completion}?`,
    answer: `${task} says ${i * 7}`,
    rationale: `Seven times ${i} it is.`,
  }))

const documentOf = async (platform: TestPlatform, id: string, file: string) =>
  JSON.parse(Buffer.from((await platform.blobs.get(documentKey(id, file))) ?? []).toString())

describe('a build of a pool', () => {
  it('makes prompts with answers for GRPO, and asks no item of an evaluation suite', async () => {
    const platform = createTestPlatform()
    const asked = questions('a', 40)
    await register(platform, 'qa', asked)
    await register(platform, 'pack', pack)
    const [item] = asked
    await register(platform, 'exam', [{ prompt: item?.prompt, answer: item?.answer }], { suite: true })
    const request = { kind: 'pool', n: 30, mix: { a: 1 }, sources: { a: 'qa' }, templates: 'pack', seed: 5 }
    const tools = ['wiki', 'calc']
    const made = await build(platform, { ...request, tools, name: 'pool', rows: 'answer' })
    expect(made).toMatchObject({ status: 'succeeded', suites: [{ dataset: 'exam' }] })
    const version = await getDatasetVersion(platform.table, 'pool')
    expect(version.format).toBe('answer')
    const rows = await rowsOf(platform, version)
    for (const row of rows) {
      const prompt = 'prompt' in row && typeof row.prompt !== 'string' ? row.prompt : []
      expect(prompt.at(-1)?.role).toBe('user')
      expect(JSON.stringify(prompt)).not.toContain(item?.prompt)
      expect('answer' in row && row.answer).toMatch(/^a says \d+$/)
    }
    expect(await documentOf(platform, made.id, 'pool_report.json')).toMatchObject({ leaked: { a: 1 } })
    const all = await build(platform, { ...request, tools, name: 'all', n: 40, decontaminate: false })
    expect(all).toMatchObject({ status: 'succeeded', suites: [], outputs: [{ rows: 40 }] })
    expect(JSON.stringify(await rowsOf(platform, await getDatasetVersion(platform.table, 'all')))).toContain(
      item?.prompt,
    )
  })

  it('makes conversations of questions and templates, with lineage, taint and a report', async () => {
    const platform = createTestPlatform()
    await register(platform, 'qa', questions('a', 40), { taint: ['machine written'] })
    await register(platform, 'qb', questions('b', 10))
    await register(platform, 'pack', pack, { taint: ['draft'] })
    const made = await build(platform, {
      kind: 'pool',
      name: 'pool',
      n: 60,
      mix: { a: 3, b: 1 },
      sources: { a: 'qa', b: 'qb' },
      templates: 'pack',
      taint: ['toy'],
      tools: ['wiki', 'calc'],
      seed: 5,
    })
    expect(made).toMatchObject({ status: 'succeeded', dropped: 0, outputs: [{ dataset: 'pool', rows: 60 }] })
    const version = await getDatasetVersion(platform.table, 'pool')
    expect(version).toMatchObject({ format: 'messages', taint: ['toy', 'machine written', 'draft'] })
    expect(version.lineage).toMatchObject({
      how: 'build',
      build: made.id,
      seed: 5,
      sources: [
        { dataset: 'qa', role: 'rows' },
        { dataset: 'qb', role: 'rows' },
        { dataset: 'pack', role: 'templates' },
      ],
    })
    expect(await verifyVersion(platform.blobs, version)).toMatchObject({ ok: true, problems: [] })
    const rows = await rowsOf(platform, version)
    expect(rows.filter(({ task }) => task === 'a')).toHaveLength(45)
    expect((await readReport(platform.blobs, version)).categories.task).toEqual({ a: 45, b: 15 })
    expect(await documentOf(platform, made.id, 'pool_report.json')).toBeTypeOf('object')
    expect(await listDroppedRows(platform, made.id, {})).toEqual({ items: [] })
    expect(await listSuites(platform.table)).toEqual([])
  })
})

describe('a build of a shadow set', () => {
  const asked = {
    kind: 'shadow',
    name: 'probe',
    sources: [{ dataset: 'qa' }, { dataset: 'qb', task: 'b' }],
    n: 12,
    seed: 9,
  }

  it('makes an evaluation suite with a manifest of what was drawn, which later builds keep out of their rows', async () => {
    const platform = createTestPlatform()
    await register(platform, 'qa', questions('a', 30))
    await register(
      platform,
      'qb',
      questions('b', 18, 100).map(({ task: _, ...row }) => row),
    )
    const made = await build(platform, asked)
    expect(made).toMatchObject({ status: 'succeeded', outputs: [{ dataset: 'probe', rows: 12 }] })
    const version = await getDatasetVersion(platform.table, 'probe')
    expect(await listSuites(platform.table)).toEqual([version])
    const manifest = ShadowManifest.parse(await documentOf(platform, made.id, 'sample_manifest.json'))
    expect(manifest).toMatchObject({
      n: 12,
      seed: 9,
      strata: { a: { available: 30, drawn: 8 }, b: { available: 18, drawn: 4 } },
    })
    const rows = await rowsOf(platform, version)
    expect(manifest.items.map(({ sha256 }) => sha256)).toEqual(rows.map((row) => digestJson(row)))

    const clean = await build(platform, { kind: 'dataset', name: 'clean', sources: [{ dataset: 'qa' }] })
    expect(clean).toMatchObject({ status: 'succeeded', suites: [{ dataset: 'probe', digest: version.digest }] })
    const { items } = await listDroppedRows(platform, clean.id, { limit: 100 })
    const leaked = items.filter(({ operator }) => operator === 'decontaminate').map(({ row }) => row)
    const drawn = manifest.items.filter(({ source }) => source.startsWith('qa@')).map(({ row }) => row)
    expect(leaked).toEqual(drawn.toSorted((a, b) => a - b))
    expect((await getDatasetVersion(platform.table, 'clean')).lineage.sources).toContainEqual({
      dataset: 'probe',
      digest: version.digest,
      role: 'decontaminated_against',
    })
  })

  it('fails when the sources have too few different rows, and marks no suite', async () => {
    const platform = createTestPlatform()
    await register(platform, 'qa', questions('a', 3))
    await register(platform, 'qb', questions('b', 3))
    const made = await build(platform, asked)
    expect(made).toMatchObject({ status: 'failed', reason: { message: expect.stringMatching(/the sources hold 6/) } })
    expect(await listSuites(platform.table)).toEqual([])
  })
})

describe('a build of rows', () => {
  const clean = { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }] }

  it('of an evaluation suite leaves out every row, and says which operator did', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', questions('a', 5), { suite: true })
    const made = await build(platform, clean)
    expect(made).toMatchObject({
      status: 'failed',
      reason: {
        code: 'invalid',
        message: expect.stringMatching(/no row is left for dataset "clean".*decontaminate 5 -> 0/),
      },
    })
  })

  it('of the same name follows the one before, which stays what it was', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', [story(1), story(2)])
    const first = await build(platform, clean)
    const before = await getDatasetVersion(platform.table, 'clean')
    await register(platform, 'raw', [story(1), story(2), story(3)])
    const second = await build(platform, clean)
    const after = await getDatasetVersion(platform.table, 'clean')
    expect([before.lineage.build, after.lineage.build]).toEqual([first.id, second.id])
    expect(await getDatasetVersion(platform.table, `clean@${before.digest}`)).toEqual(before)
    expect((await listVersions(platform.table, 'clean', {})).items).toHaveLength(2)
  })

  it('whose output exists keeps the version there, with its lineage, adds its taint, and names it the newest', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', [story(1), story(2)])
    const first = await build(platform, clean)
    await register(platform, 'clean', [story(8)])
    const second = await build(platform, { ...clean, taint: ['toy'] })
    expect(second.outputs).toEqual(first.outputs)
    const version = await getDatasetVersion(platform.table, 'clean')
    expect(version).toMatchObject({ digest: first.outputs[0]?.digest, taint: ['toy'], lineage: { build: first.id } })
    expect(await verifyVersion(platform.blobs, version)).toMatchObject({ ok: true })
    expect((await listVersions(platform.table, 'clean', {})).items).toHaveLength(2)
  })

  it('without a task are one task together, also beside rows that say so', async () => {
    const platform = createTestPlatform()
    const rows = Array.from({ length: 30 }, (_, i) => ({ ...story(i), ...(i % 3 === 0 && { task: '(none)' }) }))
    await register(platform, 'raw', rows)
    const made = await build(platform, { ...clean, operators: { difficulty: {}, balance: {} } })
    expect(made.status).toBe('succeeded')
    const {
      difficulty,
      rows: kept,
      operators,
    } = await readReport(platform.blobs, await getDatasetVersion(platform.table, 'clean'))
    expect(Object.entries(difficulty?.tasks ?? {}).map(([task, { rows: n }]) => [task, n])).toEqual([['(none)', 30]])
    expect(kept).toBe(operators.at(-1)?.rows_out)
    expect(kept).toBeLessThan(30)
  })

  it('of thousands of tasks reads each column of features a few times, not once a task', async () => {
    const platform = createTestPlatform()
    const rows = Array.from({ length: 1500 }, (_, i) => ({ ...story(i), task: `task ${i % 700}` }))
    await register(platform, 'raw', rows)
    let reads = 0
    const { open } = platform.scratch
    platform.scratch.open = async () => {
      const space = await open()
      return {
        ...space,
        read: (name, range) => {
          if (name === 'feature-0') reads += 1
          return space.read(name, range)
        },
      }
    }
    const off = { near_duplicates: false, exact_duplicates: false, decontaminate: false, pii: false, clean: false }
    const made = await build(platform, { ...clean, operators: { ...off, difficulty: {} } })
    expect(made.status).toBe('succeeded')
    expect(reads).toBeGreaterThan(0)
    expect(reads).toBeLessThan(20)
  })

  it('of more tasks than groups are meant for fails and says so', async () => {
    const platform = createTestPlatform()
    const many = Array.from({ length: 65_536 }, (_, i) => ({ prompt: 'a', completion: 'b', task: String(i) }))
    await register(platform, 'raw', many)
    const off = Object.fromEntries(
      ['normalise', 'clean', 'length', 'pii', 'decontaminate', 'exact_duplicates', 'near_duplicates'].map((name) => [
        name,
        false,
      ]),
    )
    const made = await build(platform, { ...clean, operators: off })
    expect(made).toMatchObject({
      status: 'failed',
      reason: { code: 'too_large', message: expect.stringMatching(/more than 65535 different values of "task"/) },
    })
    await register(platform, 'raw', many.slice(1))
    expect(await build(platform, { ...clean, operators: off })).toMatchObject({ status: 'succeeded', dropped: 0 })
  }, 60_000)
})
