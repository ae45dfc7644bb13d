import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createBlobs } from '../adapters/embedded/blobs.ts'
import { openDatabase } from '../adapters/embedded/database.ts'
import { createTable } from '../adapters/embedded/table.ts'
import { systemClock as clock } from '../adapters/system/clock.ts'
import { createEndpoints } from '../adapters/system/endpoints.ts'
import { createIds } from '../adapters/system/ids.ts'
import { createScratch } from '../adapters/system/scratch.ts'
import { createThreadPool } from '../adapters/system/thread-pool.ts'
import { specKey } from '../core/data-factory/build/build-store.ts'
import { runBuild } from '../core/data-factory/build/run-build.ts'
import { registerDataset } from '../core/datasets/register-dataset.ts'
import { createUpload, uploadKey } from '../core/datasets/uploads.ts'
import type { Platform } from '../core/platform/ports.ts'
import { runRound1 } from '../core/preflight/round1.ts'
import type { PreflightSubject } from '../core/preflight/subject.ts'
import { BuildRequest } from '../schemas/build.ts'
import type { DatasetVersion } from '../schemas/dataset.ts'
import { type RecipeInput, RecipeSpec } from '../schemas/recipe.ts'
import { generatedRows, prose, seededRandom } from './generated-rows.ts'
import { storeRows } from './store-rows.ts'

const recipe: RecipeInput = {
  name: 'bench',
  profile: 'prod',
  base_model: 'none',
  seed: 1,
  stages: [
    {
      algorithm: 'grpo',
      dataset: 'pool',
      steps: 50_000,
      save_steps: 1000,
      hyperparameters: {
        learning_rate: 1e-6,
        prompts_per_step: 8,
        num_generations: 8,
        max_prompt_length: 1024,
        max_completion_length: 1024,
        rewards: [{ type: 'exact_match', answer_pattern: '(.*)' }],
      },
    },
  ],
  evaluation: {
    suite: 'suite',
    dataset: 'suite',
    scorer: { type: 'exact_match', answer_pattern: '(.*)' },
    max_new_tokens: 1024,
  },
  gate: [{ type: 'improvement' }],
  register: { model: 'bench', alias: 'staging' },
}

/** Every check of round 1 on a generated pool whose difficulty a build froze, in a process of its own. `-- preflight 3000` for fewer rows. */
export default async function preflight(): Promise<object> {
  const samples = Number(process.argv[3] ?? 30_000)
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  try {
    const pool = await prepare(directory, samples)
    return { samples: pool.rows, mb: Math.round(pool.bytes / 1e6), ...(await measure(directory)) }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function prepare(directory: string, samples: number): Promise<DatasetVersion> {
  const { platform, close } = open(directory)
  try {
    const source = await storeRows(platform.blobs, 'generated', generatedRows(1, samples))
    const pool = await frozen(platform, source)
    const evaluationDataset = await register(platform, 'suite', 1319 + 500 + 164, 99)
    await register(platform, 'shadow-set', 245, 98)
    const subject: PreflightSubject = {
      job: `job-${'0'.repeat(20)}`,
      run: 1,
      profile: 'prod',
      recipe: RecipeSpec.parse(recipe),
      recipeDigest: '',
      baseModel: { id: 'tiny-llama', digest: '' },
      stageDatasets: [pool],
      evaluationDataset,
    }
    await writeFile(join(directory, 'subject.json'), JSON.stringify(subject))
    return pool
  } finally {
    await close()
  }
}

/** The same rows as a version whose report holds their difficulty. */
async function frozen(platform: Platform, { name, digest, rows, bytes, format }: DatasetVersion) {
  const off = { normalise: false, clean: false, length: false, pii: false, decontaminate: false }
  const operators = { ...off, exact_duplicates: false, near_duplicates: false, difficulty: {} }
  const request = BuildRequest.parse({ kind: 'dataset', name: 'pool', sources: [{ dataset: name }], operators })
  const now = new Date().toISOString()
  const id = `bld-${'0'.repeat(20)}`
  const sources = [{ dataset: name, digest, rows, bytes, format }]
  const common = { status: 'running', taint: [], suites: [], outputs: [], created_at: now, updated_at: now }
  const build = { id, request, sources, ...common }
  await platform.blobs.put(specKey(id), JSON.stringify({ build, code_version: 'bench' }), 'any')
  const { versions } = await runBuild(platform, id)
  return versions[0] as DatasetVersion
}

async function register(platform: Platform, name: string, items: number, seed: number): Promise<DatasetVersion> {
  const { upload } = await createUpload(platform)
  const random = seededRandom(seed)
  let lines = ''
  for (let i = 0; i < items; i++) lines += `${JSON.stringify({ prompt: prose(random, 46), answer: String(i) })}\n`
  await platform.blobs.put(uploadKey(upload), lines, 'any')
  return registerDataset(platform, name, { upload, taint: [], suite: true }, { principal: 'bench' })
}

/** Wall-clock and processor time of the round, the longest that the event loop stood still, and the most memory of the process. */
async function measure(directory: string): Promise<object> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', import.meta.filename, directory], {
    // As `sluice up` starts the server.
    env: { MALLOC_ARENA_MAX: '2', ...process.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (piece) => {
    said += piece
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the round ended with exit code ${code}`)
  return JSON.parse(said)
}

async function round(directory: string): Promise<object> {
  const { platform, close } = open(directory)
  try {
    const subject = JSON.parse(await readFile(join(directory, 'subject.json'), 'utf8')) as PreflightSubject
    const delay = monitorEventLoopDelay({ resolution: 10 })
    delay.enable()
    const [started, before] = [performance.now(), process.cpuUsage()]
    const { checks } = await runRound1(platform, subject)
    const seconds = (performance.now() - started) / 1000
    const { user, system } = process.cpuUsage(before)
    const status = await readFile('/proc/self/status', 'utf8')
    return {
      seconds: Number(seconds.toFixed(1)),
      cpu_seconds: Number(((user + system) / 1e6).toFixed(1)),
      rss_mb: Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024),
      longest_block_ms: Math.round(delay.max / 1e6),
      checks: checks.length,
    }
  } finally {
    await close()
  }
}

function open(directory: string): { platform: Platform; close: () => Promise<void> } {
  const database = openDatabase(join(directory, 'sluice.db'))
  const workers = createThreadPool({ entry: new URL('../functions/worker/thread.ts', import.meta.url) })
  const none = () => {
    throw new Error('round 1 without a scorer calls nobody')
  }
  const unused = new Proxy({}, { get: none })
  const platform = {
    table: createTable(database, 'control', clock),
    blobs: createBlobs({ root: join(directory, 'blobs'), baseUrl: () => '', signingKey: 'bench', clock }),
    scratch: createScratch(join(directory, 'scratch')),
    workers,
    endpoints: createEndpoints(),
    secrets: { read: none },
    clock,
    ids: createIds(clock),
    ...{ metrics: unused, compute: unused, workflows: unused, schedules: unused, signer: unused },
  } as unknown as Platform
  const close = async () => {
    await workers.close()
    database.close()
  }
  return { platform, close }
}

if (import.meta.main) process.stdout.write(JSON.stringify(await round(process.argv[2] ?? '')))
