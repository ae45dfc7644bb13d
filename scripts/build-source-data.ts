import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { arithmeticRows } from './arithmetic-rows.ts'
import { readFlags } from './flags.ts'

/**
 * Writes a source set of prompt/answer rows into `directory` and returns its path, which carries seed and size. Throws RangeError
 * for a size or seed that cannot be.
 */
export async function buildSourceData(options: { directory: string; rows: number; seed: number }): Promise<string> {
  const { training } = arithmeticRows(options.seed)
  if (!Number.isInteger(options.rows) || options.rows < 1 || options.rows > training.length)
    throw new RangeError(`--rows ${options.rows}: give a whole number from 1 to ${training.length}, all there is`)
  if (!Number.isInteger(options.seed) || options.seed < 0)
    throw new RangeError(`--seed ${options.seed}: give a whole number from 0`)
  await mkdir(options.directory, { recursive: true })
  const path = join(options.directory, `arithmetic-seed${options.seed}-${options.rows}.json`)
  await writeFile(path, `${JSON.stringify(training.slice(0, options.rows), null, 1)}\n`)
  return path
}

if (import.meta.main) {
  const values = readFlags({
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
    const options = { directory: values['output-dir'], rows: Number(values.rows), seed: Number(values.seed) }
    await buildSourceData(options).then(
      (path) => process.stdout.write(`${path}\n`),
      (error: Error) => {
        process.stderr.write(`${error.message}\n`)
        process.exitCode = 1
      },
    )
  }
}
