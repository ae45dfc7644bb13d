import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBlobs } from '../adapters/embedded/blobs.ts'
import { loadResult } from '../core/data-factory/build/build-result.ts'
import { failureKey, specKey } from '../core/data-factory/build/build-store.ts'
import { readReport } from '../core/datasets/version-files.ts'
import type { Blobs } from '../core/platform/ports.ts'
import { dataBuilderCommand } from '../local/data-builder.ts'
import { type Build, BuildRequest } from '../schemas/build.ts'
import type { DatasetVersion } from '../schemas/dataset.ts'
import type { Row } from '../schemas/rows.ts'
import { generatedRows, prose, seededRandom } from './generated-rows.ts'
import { storeRows } from './store-rows.ts'

const rowBytes = 1310

/** Every operator on generated conversations, in the process that the embedded runtime starts for a large build. `-- data-build 100` for 100 MB. */
export default async function dataBuild(): Promise<object> {
  const megabytes = Number(process.argv[3] ?? 1000)
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  try {
    const blobs = createBlobs({ root: join(directory, 'blobs'), baseUrl: () => '', signingKey: 'bench' })
    const source = await storeRows(blobs, 'generated', generatedRows(1, Math.ceil((megabytes * 1e6) / rowBytes)))
    const suite = await storeRows(blobs, 'suite', suiteRows())
    const build = buildOf(source, suite)
    await blobs.put(specKey(build.id), JSON.stringify({ build, code_version: 'bench' }), 'any')
    const { seconds, rss_mb } = await run(blobs.uri(specKey(build.id)))
    return {
      ...(await outcome(blobs, build.id)),
      mb: Math.round(source.bytes / 1e6),
      rows: source.rows,
      seconds,
      mb_per_second: Number((source.bytes / 1e6 / seconds).toFixed(1)),
      rss_mb,
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Wall-clock time of the whole process, its start included, and the most memory that it ever held. */
async function run(uri: string): Promise<{ seconds: number; rss_mb: number }> {
  const [command = '', ...args] = dataBuilderCommand()
  const started = performance.now()
  const child = spawn(command, args, {
    env: { ...process.env, SLUICE_BUILD_URI: uri },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let peak = 0
  const sampling = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
  }, 100)
  await once(child, 'exit')
  clearInterval(sampling)
  return { seconds: Number(((performance.now() - started) / 1000).toFixed(1)), rss_mb: Math.round(peak / 1024) }
}

async function outcome(blobs: Blobs, build: string): Promise<object> {
  const result = await loadResult(blobs, build)
  if (!result)
    throw new Error(`the build failed: ${Buffer.from((await blobs.get(failureKey(build))) ?? []).toString()}`)
  const report = await readReport(blobs, result.versions[0] as DatasetVersion)
  return {
    kept: result.versions.reduce((sum, { rows }) => sum + rows, 0),
    dropped: result.dropped,
    operator_seconds: Object.fromEntries(report.operators.map(({ operator, seconds }) => [operator, seconds])),
  }
}

function buildOf({ name, digest, rows, bytes, format }: DatasetVersion, suite: DatasetVersion): Build {
  const now = new Date().toISOString()
  return {
    id: `bld-${'0'.repeat(20)}`,
    status: 'running',
    request: BuildRequest.parse({
      kind: 'dataset',
      name: 'built',
      sources: [{ dataset: name }],
      operators: {
        language: { allow: ['en'] },
        quality: {},
        toxicity: { terms: ['badword', 'worse word'] },
        difficulty: {},
        balance: {},
        split: { parts: { train: 0.95, held_out: 0.05 } },
      },
    }),
    sources: [{ dataset: name, digest, rows, bytes, format }],
    taint: [],
    suites: [{ dataset: suite.name, digest: suite.digest }],
    outputs: [],
    created_at: now,
    updated_at: now,
  }
}

/** As many items as GSM8K's test set, MATH-500 and HumanEval have together. */
function* suiteRows(): Generator<Row> {
  const random = seededRandom(99)
  for (let i = 0; i < 1319 + 500 + 164; i++) yield { id: `item-${i}`, prompt: prose(random, 46), answer: String(i) }
}
