import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AnswerRow as AnswerRowSchema } from '../schemas/rows.ts'
import { type AnswerRow, shuffle } from './arithmetic-rows.ts'
import { readFlags } from './flags.ts'

export interface PrepareOptions {
  numGrpo: number
  numSft: number
  outputDir: string
  sourceDir: string
  seed: number
}

export const help = `Usage: prepare-test-data [options]

Samples a small GRPO dataset from the newest source set and derives an SFT dataset from it, whose labels are a random yes or no:
such data is tainted and never feeds a prod job.

  --num-grpo=50                       rows of small_grpo_dataset.json
  --num-sft=20                        rows of small_sft_dataset.json, at most --num-grpo
  --output-dir=tests/fixtures/testdata
  --source-dir=data/grpo_datasets     the newest .json or .jsonl file in it is sampled
  --seed=0                            same seed and source: same rows
  --help
`

/** Writes both datasets and returns the statistics it prints. Throws one error that names every problem. */
export async function prepareTestData(options: PrepareOptions): Promise<string[]> {
  const problems: string[] = []
  for (const [flag, value] of [
    ['--num-grpo', options.numGrpo],
    ['--num-sft', options.numSft],
  ] as const) {
    if (!Number.isInteger(value) || value < 1) problems.push(`${flag} must be a whole number from 1`)
  }
  if (!Number.isInteger(options.seed) || options.seed < 0) problems.push('--seed must be a whole number from 0')
  if (options.numSft > options.numGrpo)
    problems.push(
      `--num-sft ${options.numSft} is above --num-grpo ${options.numGrpo}: SFT rows are derived from the sampled GRPO rows`,
    )
  const source = await newestSource(options.sourceDir, problems)
  const rows = source === undefined ? [] : await readSource(source, problems)
  if (source !== undefined && rows.length < options.numGrpo)
    problems.push(`${source} has ${rows.length} valid rows, --num-grpo asks for ${options.numGrpo}`)
  if (problems.length > 0) throw new Error(problems.join('\n'))

  const grpo = shuffle(rows, options.seed).slice(0, options.numGrpo)
  const sft = grpo.slice(0, options.numSft).map((row) => ({
    id: `${row.id}-sft`,
    ...(row.task && { task: row.task }),
    prompt: row.prompt,
    completion: `<answer>${label(row.id, options.seed)}</answer>`,
  }))
  await mkdir(options.outputDir, { recursive: true })
  await writeAndCheck(join(options.outputDir, 'small_grpo_dataset.json'), grpo)
  await writeAndCheck(join(options.outputDir, 'small_sft_dataset.json'), sft)
  return statistics(source as string, rows.length, grpo, sft)
}

async function newestSource(directory: string, problems: string[]): Promise<string | undefined> {
  const names = await readdir(directory).catch(() => undefined)
  if (!names) {
    problems.push(
      `--source-dir ${directory} does not exist; build a source set with: npm run build-source-data -- --output-dir=${directory}`,
    )
    return undefined
  }
  const paths = names.filter((name) => /\.jsonl?$/.test(name)).map((name) => join(directory, name))
  const dated = await Promise.all(paths.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })))
  const newest = dated.sort((a, b) => b.at - a.at || (a.path < b.path ? 1 : -1))[0]
  if (!newest) problems.push(`--source-dir ${directory} holds no .json or .jsonl file`)
  return newest?.path
}

async function readSource(path: string, problems: string[]): Promise<AnswerRow[]> {
  const text = await readFile(path, 'utf8')
  let values: unknown[]
  try {
    values = path.endsWith('l')
      ? text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line) => JSON.parse(line))
      : JSON.parse(text)
  } catch (error) {
    problems.push(`${path} is not valid JSON: ${(error as Error).message}`)
    return []
  }
  if (!Array.isArray(values)) {
    problems.push(`${path} does not hold a list of rows`)
    return []
  }
  return values.flatMap((value, index) => {
    const row = AnswerRowSchema.safeParse(value)
    if (!row.success) problems.push(`${path} row ${index + 1} is not a {prompt, answer} row`)
    return row.success ? [{ task: '', ...row.data, id: row.data.id ?? `row-${index + 1}` } as AnswerRow] : []
  })
}

function label(id: string, seed: number): 'yes' | 'no' {
  return createHash('sha256').update(`label/${seed}/${id}`).digest().readUInt8(0) % 2 === 0 ? 'yes' : 'no'
}

async function writeAndCheck(path: string, rows: object[]): Promise<void> {
  await writeFile(path, `${JSON.stringify(rows, null, 1)}\n`)
  const back = JSON.parse(await readFile(path, 'utf8')) as unknown[]
  if (back.length !== rows.length) throw new Error(`${path} holds ${back.length} rows after writing ${rows.length}`)
}

function statistics(source: string, available: number, grpo: AnswerRow[], sft: { completion: string }[]): string[] {
  const tasks = Object.entries(Object.groupBy(grpo, (row) => row.task || 'none')).map(
    ([task, rows]) => `${task} ${rows?.length}`,
  )
  const lengths = grpo.map((row) => String(row.prompt).length).sort((a, b) => a - b)
  const yes = sft.filter((row) => row.completion.includes('yes')).length
  return [
    `source: ${source} (${available} rows)`,
    `GRPO: ${grpo.length} rows; tasks: ${tasks.join(', ')}; prompt characters: ${lengths[0]} to ${lengths.at(-1)}, median ${lengths[lengths.length >> 1]}`,
    `SFT: ${sft.length} rows with random labels: yes ${yes}, no ${sft.length - yes} (tainted)`,
  ]
}

if (import.meta.main) {
  const flags = {
    'num-grpo': '50',
    'num-sft': '20',
    'output-dir': 'tests/fixtures/testdata',
    'source-dir': 'data/grpo_datasets',
    seed: '0',
  }
  try {
    const options = Object.fromEntries(
      Object.entries(flags).map(([name, value]) => [name, { type: 'string' as const, default: value }]),
    )
    const values = readFlags({ options: { ...options, help: { type: 'boolean', default: false } } })
    if (values.help) process.stdout.write(help)
    else {
      const text = (name: keyof typeof flags) => String((values as Record<string, unknown>)[name])
      const lines = await prepareTestData({
        numGrpo: Number(text('num-grpo')),
        numSft: Number(text('num-sft')),
        outputDir: text('output-dir'),
        sourceDir: text('source-dir'),
        seed: Number(text('seed')),
      })
      process.stdout.write(`${lines.join('\n')}\n`)
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
}
