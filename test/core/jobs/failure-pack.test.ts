import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { collectFailurePack, failurePackKey } from '../../../core/jobs/failure-pack.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { syncAttempt } from '../../../core/jobs/sync-metrics.ts'
import { admitted, prepared } from '../support/driven-job.ts'
import { ship } from '../support/findings.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const run = promisify(execFile)
const failure = { error: 'stage_failed', cause: 'diverged' }

async function unpacked(platform: TestPlatform, key: string): Promise<Map<string, string>> {
  const path = `${platform.directory}/blobs/${key}`
  const names = (await run('tar', ['-tzf', path])).stdout.trim().split('\n')
  const contents = names.map(async (name) => [name, (await run('tar', ['-xOzf', path, name])).stdout] as const)
  return new Map(await Promise.all(contents))
}

it('a failure pack holds the record, the recipe, both reports and of each attempt spec, status and log', async () => {
  const platform = createTestPlatform()
  const job = await admitted(platform)
  const { launch } = await prepared(platform, job.id)
  await platform.compute.submit({ ...launch, environment: {} })
  await platform.blobs.put(`jobs/${job.id}/stages/0-sft/attempts/1/status.json`, '{"status":"failed"}', 'any')
  const record = await getJob(platform.table, job.id)
  const pack = await unpacked(platform, await collectFailurePack(platform, record, failure))
  expect([...pack.keys()]).toEqual([
    'failure.json',
    'job.json',
    'recipe.json',
    'preflight/round1.json',
    'preflight/round2.json',
    'anomalies.json',
    'stages/0-sft/attempt-1/spec.json',
    'stages/0-sft/attempt-1/status.json',
    'stages/0-sft/attempt-1/log-tail.txt',
    'MISSING.txt',
  ])
  expect(pack.get('MISSING.txt')).toBe('stages/0-sft/attempt-1/metrics-tail.jsonl: absent\n')
  expect(JSON.parse(pack.get('failure.json') ?? '')).toEqual(failure)
  expect(JSON.parse(pack.get('job.json') ?? '')).toEqual(record)
  expect(pack.get('stages/0-sft/attempt-1/log-tail.txt')).toContain('logged its last line')
})

it('a failure pack names what is missing, and is made all the same', async () => {
  const platform = createTestPlatform()
  const job = await admitted(platform)
  await prepared(platform, job.id)
  const record = await getJob(platform.table, job.id)
  const silent = {
    ...platform,
    compute: {
      ...platform.compute,
      logTail: async () => {
        throw new Error('the log is gone')
      },
    },
  }
  await platform.blobs.delete(`jobs/${job.id}/preflight/round2.json`)
  const pack = await unpacked(platform, await collectFailurePack(silent, record, failure))
  expect(pack.get('MISSING.txt')?.trim().split('\n')).toEqual([
    'preflight/round2.json: absent',
    'stages/0-sft/attempt-1/status.json: absent',
    'stages/0-sft/attempt-1/metrics-tail.jsonl: absent',
    'stages/0-sft/attempt-1/log-tail.txt: the log is gone',
  ])
})

it('each run of a job has a failure pack of its own', () => {
  expect(failurePackKey('job-1', 1)).toBe('jobs/job-1/failure-pack.tar.gz')
  expect(failurePackKey('job-1', 2)).toBe('jobs/job-1/failure-pack-run2.tar.gz')
})

it('a failure pack tells what was found, and the last rows of metrics', async () => {
  const platform = createTestPlatform()
  const { id } = await admitted(platform)
  const { folder } = await prepared(platform, id)
  await ship(folder, 0, [1, 2, 3], (step) => ({ total_loss: step === 3 ? 'NaN' : 1 / step }))
  await syncAttempt(platform, { job: id, stage: 0, attempt: 1 })
  const pack = await unpacked(platform, await collectFailurePack(platform, await getJob(platform.table, id), failure))
  expect(JSON.parse(pack.get('anomalies.json') ?? '')).toMatchObject([
    { rule: 'non_finite', step: 3, severity: 'critical' },
  ])
  const rows = (pack.get('stages/0-sft/attempt-1/metrics-tail.jsonl') ?? '').trim().split('\n')
  expect(rows.map((row) => JSON.parse(row))).toEqual([
    { step: 1, data: { total_loss: 1 } },
    { step: 2, data: { total_loss: 0.5 } },
    { step: 3, data: { total_loss: 'NaN' } },
  ])
})

it('of rows that came in one large segment a failure pack holds the newest 200', async () => {
  const platform = createTestPlatform()
  const job = await admitted(platform)
  const { folder } = await prepared(platform, job.id)
  const steps = Array.from({ length: 300 }, (_, i) => i + 1)
  await ship(folder, 0, steps, (step) => ({ total_loss: step }))
  await syncAttempt(platform, { job: job.id, stage: 0, attempt: 1 })
  const record = await getJob(platform.table, job.id)
  const pack = await unpacked(platform, await collectFailurePack(platform, record, failure))
  const rows = (pack.get('stages/0-sft/attempt-1/metrics-tail.jsonl') ?? '').trim().split('\n')
  expect(rows.map((row) => JSON.parse(row).step)).toEqual(steps.slice(100))
})
