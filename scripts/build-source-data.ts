import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { arithmeticRows } from './arithmetic-rows.ts'

/** Writes a source set of prompt/answer rows into `directory` and returns its path. The name carries seed and size. */
export async function buildSourceData(options: { directory: string; rows: number; seed: number }): Promise<string> {
  const { training } = arithmeticRows(options.seed)
  if (options.rows > training.length)
    throw new RangeError(`--rows ${options.rows}: there are ${training.length} problems; ask for at most that many`)
  await mkdir(options.directory, { recursive: true })
  const path = join(options.directory, `arithmetic-seed${options.seed}-${options.rows}.json`)
  await writeFile(path, `${JSON.stringify(training.slice(0, options.rows), null, 1)}\n`)
  return path
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      'output-dir': { type: 'string', default: 'data/grpo_datasets' },
      rows: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(
      'Usage: build-source-data [--output-dir=data/grpo_datasets] [--rows=2000] [--seed=0]\nBuilds a source set of arithmetic prompt/answer rows.\n',
    )
  } else {
    const path = await buildSourceData({
      directory: values['output-dir'],
      rows: Number(values.rows),
      seed: Number(values.seed),
    })
    process.stdout.write(`${path}\n`)
  }
}
