import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AnswerRow, SftRow } from '../../schemas/rows.ts'
import { buildSourceData } from '../../scripts/build-source-data.ts'
import { type PrepareOptions, prepareTestData } from '../../scripts/prepare-test-data.ts'

let work: string
let options: PrepareOptions
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'sluice-prepare-'))
  options = { numGrpo: 50, numSft: 20, outputDir: join(work, 'out'), sourceDir: join(work, 'source'), seed: 0 }
})
afterEach(() => rm(work, { recursive: true, force: true }))

const written = async (name: string) =>
  JSON.parse(await readFile(join(options.outputDir, name), 'utf8')) as {
    id: string
    prompt: string
    completion?: string
  }[]

describe('prepare-test-data', () => {
  it('samples 50 GRPO rows and derives 20 SFT rows with yes and no labels', async () => {
    await buildSourceData({ directory: options.sourceDir, rows: 300, seed: 3 })
    const lines = await prepareTestData(options)
    const grpo = await written('small_grpo_dataset.json')
    const sft = await written('small_sft_dataset.json')
    expect(grpo.map((row) => AnswerRow.safeParse(row).success)).toEqual(Array(50).fill(true))
    expect(sft.map((row) => SftRow.safeParse(row).success)).toEqual(Array(20).fill(true))
    expect(new Set(grpo.map((row) => row.prompt)).size).toBe(50)
    expect(new Set(sft.map((row) => row.completion))).toEqual(new Set(['<answer>yes</answer>', '<answer>no</answer>']))
    expect(grpo.map((row) => row.prompt)).toEqual(expect.arrayContaining(sft.map((row) => row.prompt)))
    expect(lines.join('\n')).toMatch(/GRPO: 50 rows.*\n.*SFT: 20 rows with random labels: yes \d+, no \d+ \(tainted\)/)
  })

  it('gives the same rows for the same seed and other rows for another', async () => {
    await buildSourceData({ directory: options.sourceDir, rows: 300, seed: 3 })
    await prepareTestData(options)
    const first = await written('small_grpo_dataset.json')
    await prepareTestData(options)
    expect(await written('small_grpo_dataset.json')).toEqual(first)
    await prepareTestData({ ...options, seed: 1 })
    expect(await written('small_grpo_dataset.json')).not.toEqual(first)
  })

  it('takes the newest source set', async () => {
    const old = await buildSourceData({ directory: options.sourceDir, rows: 60, seed: 1 })
    await utimes(old, new Date(0), new Date(0))
    await writeFile(
      join(options.sourceDir, 'newest.jsonl'),
      Array.from({ length: 60 }, (_, i) => `${JSON.stringify({ prompt: `new ${i}`, answer: '1' })}\n`).join(''),
    )
    await prepareTestData(options)
    expect((await written('small_grpo_dataset.json')).every((row) => row.prompt.startsWith('new '))).toBe(true)
  })

  it('names every problem at once and writes nothing', async () => {
    const failure = await prepareTestData({ ...options, numGrpo: 2.5, numSft: 9, seed: -1 }).catch(
      (error: Error) => error.message,
    )
    expect(failure).toMatch(/--num-grpo must be a whole number/)
    expect(failure).toMatch(/--seed must be a whole number/)
    expect(failure).toMatch(/--num-sft 9 is above --num-grpo 2.5/)
    expect(failure).toMatch(/source does not exist; build a source set with/)
    await expect(readFile(join(options.outputDir, 'small_grpo_dataset.json'))).rejects.toThrow()
  })

  it('refuses too few rows, broken JSON and rows of another shape', async () => {
    await buildSourceData({ directory: options.sourceDir, rows: 10, seed: 1 })
    await expect(prepareTestData(options)).rejects.toThrow(/has 10 valid rows, --num-grpo asks for 50/)
    await writeFile(join(options.sourceDir, 'z.json'), '[{"prompt":"a"}]')
    await expect(prepareTestData(options)).rejects.toThrow(/z\.json row 1 is not a \{prompt, answer\} row/)
    await writeFile(join(options.sourceDir, 'zz.json'), '[{"prompt":')
    await expect(prepareTestData(options)).rejects.toThrow(/zz\.json is not valid JSON/)
  })
})
