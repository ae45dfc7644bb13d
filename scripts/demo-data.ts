import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AnswerRow, arithmeticRows } from './arithmetic-rows.ts'

export interface DemoFile {
  dataset: string
  path: string
  rows: number
}

/** The demo's datasets as JSONL files: examples for SFT, prompts with answers for GRPO, and held-out problems to evaluate on. */
export async function writeDemoData(directory: string, seed: number): Promise<DemoFile[]> {
  const { training, heldOut } = arithmeticRows(seed)
  await mkdir(directory, { recursive: true })
  const answer = ({ id, task, prompt, answer }: AnswerRow) => ({ id, task, prompt, answer })
  const example = ({ id, task, prompt, answer }: AnswerRow) => ({
    id,
    task,
    prompt,
    completion: `<answer>${answer}</answer>`,
  })
  return [
    await write(directory, 'arithmetic-sft', training.slice(0, 2000).map(example)),
    await write(directory, 'arithmetic-prompts', training.slice(2000, 4000).map(answer)),
    await write(directory, 'arithmetic-held-out', heldOut.slice(0, 200).map(answer)),
  ]
}

async function write(directory: string, dataset: string, rows: object[]): Promise<DemoFile> {
  const path = join(directory, `${dataset}.jsonl`)
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return { dataset, path, rows: rows.length }
}

if (import.meta.main) {
  const [directory = 'data/demo'] = process.argv.slice(2)
  if (directory.startsWith('-')) {
    process.stderr.write('usage: npm run demo-data [-- DIRECTORY]   (data/demo unless told)\n')
    process.exit(directory === '--help' ? 0 : 1)
  }
  for (const { path, rows } of await writeDemoData(directory, 1)) process.stdout.write(`${path}: ${rows} rows\n`)
}
