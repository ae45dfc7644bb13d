import type { Job } from '../../schemas/job.ts'
import { listAnomalies } from '../diagnostics/anomaly-store.ts'
import { getEvaluation } from '../evaluation/evaluation-store.ts'
import { has, toWire } from '../metrics/columns.ts'
import { getCursor, readChunks, type Source } from '../metrics/metric-store.ts'
import type { Platform, Table } from '../platform/ports.ts'
import { tarGz } from '../platform/tar.ts'
import { roundKey } from '../preflight/subject.ts'
import { attemptFolder, generationName } from './artifacts.ts'
import { recipeOf } from './pinned.ts'

const logLines = 200

/** The key under which a job's failure pack is kept. */
export const failurePackKey = (job: string, run: number) =>
  `jobs/${job}/failure-pack${run === 1 ? '' : `-run${run}`}.tar.gz`

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'compute'>

/**
 * Packs what one needs at 2 a.m.: the job record, the recipe, both preflight reports, and for each attempt the spec, the status
 * file, its last 200 rows of metrics and the last 200 lines of its log, what the diagnostic rules found, and the evaluations it waited for with the log of their newest attempt. Returns the pack's key. What is missing is left out and named in MISSING.txt.
 */
export async function collectFailurePack(
  platform: Needs,
  job: Job,
  failure: { error: string; cause: string },
): Promise<string> {
  const files: { name: string; bytes: Uint8Array }[] = []
  const missing: string[] = []
  const text = (name: string, content: string) => files.push({ name, bytes: new TextEncoder().encode(content) })
  const attempt = async (name: string, content: () => Promise<Uint8Array | string | undefined>) => {
    try {
      const found = await content()
      if (found === undefined) missing.push(`${name}: absent`)
      else if (typeof found === 'string') text(name, found)
      else files.push({ name, bytes: found })
    } catch (error) {
      missing.push(`${name}: ${(error as Error).message}`)
    }
  }

  text('failure.json', JSON.stringify(failure, null, 2))
  text('job.json', JSON.stringify(job, null, 2))
  await attempt('recipe.json', async () => JSON.stringify(await recipeOf(platform.table, job), null, 2))
  for (const round of ['round1', 'round2'] as const)
    await attempt(`preflight/${round}.json`, () => platform.blobs.get(roundKey({ job: job.id, run: job.run }, round)))
  await attempt('anomalies.json', async () => JSON.stringify(await listAnomalies(platform.table, job.id), null, 2))
  for (const stage of job.stages) {
    for (const { number, compute_job } of stage.attempts) {
      const folder = `stages/${stage.index}-${stage.algorithm}/attempt-${number}`
      const blob = (name: string) => platform.blobs.get(`${attemptFolder(job.id, stage, number)}${name}`)
      await attempt(`${folder}/spec.json`, () => blob('spec.json'))
      await attempt(`${folder}/status.json`, () => blob('status.json'))
      await attempt(`${folder}/metrics-tail.jsonl`, () =>
        metricsTail(platform.metrics, { job: job.id, stage: stage.index, attempt: number }),
      )
      await attempt(`${folder}/log-tail.txt`, async () =>
        (await platform.compute.logTail(compute_job, logLines)).join('\n'),
      )
    }
  }
  for (const evaluation of job.evaluations ?? []) {
    await attempt(`evaluations/${evaluation}/evaluation.json`, async () =>
      JSON.stringify(await getEvaluation(platform.table, evaluation), null, 2),
    )
    await attempt(`evaluations/${evaluation}/log-tail.txt`, () => lastLog(platform, evaluation))
  }
  if (missing.length > 0) text('MISSING.txt', `${missing.join('\n')}\n`)
  const key = failurePackKey(job.id, job.run)
  await platform.blobs.put(key, await tarGz(files), 'any')
  return key
}

const tailRows = 200

/** The newest rows of an attempt as it logged them; undefined when there are none. */
async function metricsTail(metrics: Table, { job, ...place }: Source): Promise<string | undefined> {
  const { next_segment } = await getCursor(metrics, { job, ...place })
  const lines: string[] = []
  const fromSegment = Math.max(0, next_segment - tailRows)
  for await (const { chunk } of readChunks(metrics, job, { ...place, fromSegment })) {
    for (let row = 0; row < chunk.steps.length; row++) {
      const logged = chunk.columns.filter((column) => has(column, row))
      const data = Object.fromEntries(logged.map(({ name, values }) => [name, toWire(values[row] as number)]))
      lines.push(JSON.stringify({ step: chunk.steps[row], data }))
    }
  }
  return lines.length === 0 ? undefined : `${lines.slice(-tailRows).join('\n')}\n`
}

/** An attempt that ended counts from its end on: the newest is the one under way, or else the last that ended. */
async function lastLog(platform: Needs, evaluation: string): Promise<string | undefined> {
  const { attempts } = await getEvaluation(platform.table, evaluation)
  for (const number of [attempts + 1, attempts]) {
    const lines = number > 0 ? await platform.compute.logTail(generationName(evaluation, number), logLines) : []
    if (lines.length > 0) return lines.join('\n')
  }
  return undefined
}
