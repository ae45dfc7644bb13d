import { beforeEach, describe, expect, it } from 'vitest'
import { compactMetrics } from '../../../core/jobs/compact-metrics.ts'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { syncAttempt } from '../../../core/jobs/sync-metrics.ts'
import { listOpen, markOpen } from '../../../core/metrics/compact-marker.ts'
import { listRecords } from '../../../core/metrics/compact-record.ts'
import { createSeriesReader } from '../../../core/metrics/series-reader.ts'
import { getSourceHead } from '../../../core/metrics/source-head.ts'
import { scheduled } from '../../../functions/events/consumers.ts'
import { reconcileJobs } from '../../../functions/events/reconcile.ts'
import { deployable } from '../../../functions/manifest.ts'
import { restrictTo } from '../../../functions/restrict-platform.ts'
import { finishTraining } from '../../support/instant-compute.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { admitted, done, prepared } from '../support/driven-job.ts'
import { ship as shipAt } from '../support/findings.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const day = 24 * 3600 * 1000
const crashed = { code: 1, reason: 'Killed' }

let platform: TestPlatform
let id: string
let folder: string
beforeEach(async () => {
  platform = createTestPlatform()
  ;({ id, folder } = await begun())
})

/** A job whose first attempt is open. */
async function begun() {
  const job = await admitted(platform)
  return { id: job.id, ...(await prepared(platform, job.id)) }
}

/** By a clock that goes right. */
const ship = (to: string, segment: number, steps: number[], data: (step: number) => Record<string, unknown>) =>
  shipAt(to, segment, steps, data, (step) => platform.clock.now().getTime() + step * 1000)

const loss = (step: number) => ({ total_loss: 1 / step })
const sync = (job = id, attempt = 1) => syncAttempt(platform, { job, stage: 0, attempt })
const conclude = (exit = done, job = id, attempt = 1) =>
  concludeAttempt(platform, { job, run: 1, stage: 0, attempt, exit })
const marked = async () => (await Array.fromAsync(listOpen(platform.metrics))).map(({ job }) => job)
const records = (job = id) => listRecords(platform.metrics, job)
const objects = async (job = id) =>
  (await platform.blobs.list({ prefix: `jobs/${job}/` })).items
    .map(({ key }) => key)
    .filter((key) => /columns$/.test(key))
const stepsOf = async (job = id, attempt = 1) => {
  const series = await createSeriesReader(platform).stage(job, 0, attempt)
  return [...(series?.steps ?? [])]
}

describe('an attempt that is over', () => {
  it('becomes one object, and is not looked at again', async () => {
    await ship(folder, 0, [1, 2], loss)
    await ship(folder, 1, [3, 4], loss)
    expect(await marked()).toEqual([id])
    await conclude(crashed)
    await compactMetrics(platform)
    expect(await records()).toMatchObject([
      { stage: 0, attempt: 1, done: true, objects: [{ first_segment: 0, last_segment: 1 }], cursor: { rows: 4 } },
    ])
    expect(await objects()).toEqual([`jobs/${id}/stages/0-sft/attempts/1/metrics-00000000-00000001.columns`])
    expect(await marked()).toEqual([])
    expect(await stepsOf()).toEqual([1, 2, 3, 4])
  })

  it('has what it shipped last read first, whoever lost the event of it', async () => {
    await ship(folder, 0, [1, 2], loss)
    await conclude(crashed)
    await ship(folder, 1, [3], loss)
    await compactMetrics(platform)
    await compactMetrics(platform)
    expect(await records()).toMatchObject([{ done: true, cursor: { rows: 3, next_segment: 2 } }])
    expect(await marked()).toEqual([])
  })

  it('that logged nothing is only unmarked', async () => {
    await conclude(crashed)
    await compactMetrics(platform)
    expect([await records(), await objects(), await marked()]).toEqual([[], [], []])
  })

  it('is compacted while the next attempt goes on', async () => {
    await ship(folder, 0, [1, 2], loss)
    await conclude({ code: 75, reason: '' })
    const again = await prepared(platform, id)
    expect(again.attempt).toBe(2)
    await ship(again.folder, 0, [1], loss)
    await sync(id, 2)
    await compactMetrics(platform)
    expect(await records()).toMatchObject([{ attempt: 1, done: true }])
    expect(await Array.fromAsync(listOpen(platform.metrics))).toEqual([{ job: id, stage: 0, attempt: 2 }])
    expect(await stepsOf(id, 2)).toEqual([1])
  })

  it('makes the same object however often it is looked at, one after another or at once', async () => {
    await ship(folder, 0, [1, 2], loss)
    await conclude(crashed)
    await compactMetrics(platform)
    const [first, kept] = [await records(), await objects()]
    await markOpen(platform.metrics, { job: id, stage: 0, attempt: 1 })
    await Promise.all([compactMetrics(platform), compactMetrics(platform)])
    expect([await records(), await objects(), await marked()]).toEqual([first, kept, []])
  })

  it.each([1, 2, 3].flatMap((at) => [[at, 'lost'] as const, [at, 'done'] as const]))(
    'survives a death at write %i, %s',
    async (at, effect) => {
      await ship(folder, 0, [1, 2], loss)
      await conclude(crashed)
      const dying = { ...platform, ...crashing(platform, { at, effect }) }
      await compactMetrics(dying).catch((error: AggregateError) => expect(error.errors[0]).toBeInstanceOf(Crash))
      await compactMetrics(platform)
      expect(await records()).toMatchObject([{ done: true, objects: [{ last_segment: 0 }] }])
      expect(await objects()).toHaveLength(1)
      expect(await marked()).toEqual([])
    },
  )
})

describe('an attempt that goes on', () => {
  it('is left alone while its tail is short', async () => {
    await ship(folder, 0, [1, 2], loss)
    await sync()
    await compactMetrics(platform)
    expect([await records(), await objects(), await marked()]).toEqual([[], [], [id]])
  })

  it('has its tail put into an object when that is long, and stays marked', async () => {
    for (let segment = 0; segment <= 256; segment++) await ship(folder, segment, [segment + 1], loss)
    await sync()
    await compactMetrics(platform)
    expect(await records()).toMatchObject([{ done: false, objects: [{ first_segment: 0, last_segment: 256 }] }])
    expect(await marked()).toEqual([id])
  })

  it('has its tail put into an object long before that expires', async () => {
    await ship(folder, 0, [1, 2], loss)
    await sync()
    await platform.clock.advance(6 * day)
    await compactMetrics(platform)
    expect(await records()).toEqual([])
    await platform.clock.advance(2 * day)
    await compactMetrics(platform)
    expect(await records()).toMatchObject([{ done: false, cursor: { rows: 2 } }])
  })

  it('is not compacted before it is on the record', async () => {
    await markOpen(platform.metrics, { job: id, stage: 0, attempt: 2 })
    await markOpen(platform.metrics, { job: id, stage: 1, attempt: 1 })
    await compactMetrics(platform)
    expect(await marked()).toEqual([id, id, id])
  })

  it('of a job that was cancelled is compacted once nothing of it runs any more', async () => {
    await ship(folder, 0, [1, 2], loss)
    await sync()
    await cancelJob(platform, id, 'not needed')
    await compactMetrics(platform)
    expect([await records(), await marked()]).toEqual([[], [id]])
    await ship(folder, 1, [3], loss)
    await reconcileJobs(platform)
    await reconcileJobs(platform)
    await reconcileJobs(platform)
    expect(await records()).toMatchObject([{ done: true, cursor: { rows: 3 } }])
    expect(await marked()).toEqual([])
  })
})

it('one that cannot be compacted holds up no other, is named, and is tried again', async () => {
  const other = await begun()
  for (const each of [{ id, folder }, other]) {
    await ship(each.folder, 0, [1, 2], loss)
    await conclude(crashed, each.id)
  }
  const [broken = ''] = await marked()
  const whole = broken === id ? other.id : id
  const put: typeof platform.blobs.put = async (key, ...rest) => {
    if (key.includes(broken)) throw new Error('the disk is full')
    return platform.blobs.put(key, ...rest)
  }
  await expect(compactMetrics({ ...platform, blobs: { ...platform.blobs, put } })).rejects.toThrow('the disk is full')
  expect(await records(whole)).toMatchObject([{ done: true }])
  expect([await records(broken), await marked()]).toEqual([[], [broken]])
  await compactMetrics(platform)
  expect(await records(broken)).toMatchObject([{ done: true }])
})

it.each(['api', 'stream'])('%s may read the object, also where the chunks are gone', async (name) => {
  await ship(folder, 0, [1, 2], loss)
  await conclude(crashed)
  await compactMetrics(platform)
  const { items } = await platform.metrics.query({ pk: `JOB#${id}`, sk: { prefix: 'M#' } })
  for (const item of items) await platform.metrics.delete(item, 'any')
  const series = await createSeriesReader(restrictTo(platform, deployable(name))).stage(id, 0)
  expect([...((await series?.column('total_loss'))?.values ?? [])]).toEqual([1, 0.5])
})

it('the points of a tracked run, which is no job, are left to it', async () => {
  const run = 'run-0123456789abcdef0123456789abcdef'
  await markOpen(platform.metrics, { job: run, stage: 0, attempt: 1 })
  await compactMetrics(platform)
  expect(await marked()).toEqual([id, run])
})

it('an attempt is marked, and its head written, before it is on the record', async () => {
  const job = await admitted(platform)
  const source = { job: job.id, stage: 0, attempt: 1 }
  const put: typeof platform.table.put = async (draft, ...rest) => {
    if (draft.sk === 'META') throw new Crash()
    return platform.table.put(draft, ...rest)
  }
  await expect(prepared({ ...platform, table: { ...platform.table, put } }, job.id)).rejects.toBeInstanceOf(Crash)
  expect(await marked()).toContain(job.id)
  expect(await getSourceHead(platform.metrics, source)).toMatchObject({ algorithm: 'sft', planned_steps: 4 })
})

it('the reconciler compacts with no more than its grants, whatever became of the rest of its work', async () => {
  await ship(folder, 0, [1, 2], loss)
  await conclude(crashed)
  const compute = { ...platform.compute, listActive: async () => Promise.reject(new Error('Batch is down')) }
  const restricted = restrictTo({ ...platform, compute }, deployable('reconcile'))
  await expect(scheduled.reconcile?.(restricted)).rejects.toThrow('Batch is down')
  expect(await records()).toMatchObject([{ done: true }])
})

it('a stage that is done is compacted as it is', async () => {
  const ready = await begun()
  await finishTraining(ready.spec, ready.folder)
  await conclude(done, ready.id)
  await compactMetrics(platform)
  expect(await records(ready.id)).toMatchObject([{ done: true, cursor: { last_step: 4 } }])
  expect(await stepsOf(ready.id)).toEqual([1, 2, 3, 4])
})
