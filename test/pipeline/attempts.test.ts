import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import type { TrainSpec } from '../../schemas/trainer-contract.ts'
import { prepareProject, submitSample } from '../support/api.ts'
import { createInstantCompute, type Ending, finishTraining, saveCheckpoint } from '../support/instant-compute.ts'
import { finished, startTestServer, type TestServer } from '../support/local-server.ts'

let test: TestServer
afterEach(() => test.stop())

type Train = (spec: TrainSpec, folder: string) => Promise<Ending>

async function runWith(train: Train) {
  test = await startTestServer({ compute: ({ clock }) => createInstantCompute(clock, { train }) })
  await prepareProject(test)
  const { id } = await submitSample(test)
  return finished(test, id)
}

const killed: Ending = { exitCode: 137, reason: 'Essential container in task exited' }

it.each([
  ['killed', killed],
  ['pre-empted', { exitCode: 75 }],
  ['on a reclaimed host', { exitCode: 137, reason: 'Host EC2 (instance i-1) terminated.' }],
])('an attempt that is %s after a checkpoint gets a successor that resumes from it', async (_, ending) => {
  const job = await runWith(async (spec, folder) => {
    if (spec.attempt > 1 || spec.stage > 0) return finishTraining(spec, folder)
    await saveCheckpoint(spec, folder, 2)
    await rm(join(folder, 'manifest.json'))
    return ending
  })
  expect(job.status).toBe('succeeded')
  expect(job.stages[0]?.attempts).toMatchObject([
    { number: 1, resumed_from_step: 0, exit_code: ending.exitCode },
    { number: 2, status: 'succeeded', resumed_from_step: 2 },
  ])
})

it('a checkpoint without _COMPLETE is never resumed from', async () => {
  const job = await runWith(async (spec, folder) => {
    if (spec.attempt > 1 || spec.stage > 0) return finishTraining(spec, folder)
    await saveCheckpoint(spec, folder, 2)
    await rm(join(folder, 'checkpoints/step_2/_COMPLETE'))
    return killed
  })
  expect(job.stages[0]?.attempts[1]).toMatchObject({ status: 'succeeded', resumed_from_step: 0 })
})

it('killed twice without a new checkpoint in between: the job fails and says so', async () => {
  const job = await runWith(async () => killed)
  expect(job).toMatchObject({ status: 'failed', reason: { code: 'stage_failed', stage: 0 } })
  expect(job.error_message).toMatch(/twice without a new checkpoint/)
  expect(job.stages[0]?.attempts).toHaveLength(2)
})

it.each([
  [65, /bad data or configuration/],
  [70, /diverged/],
  [64, /fenced off/],
  [3, /exit code 3/],
])('exit code %i is final', async (exitCode, message) => {
  const job = await runWith(async () => ({ exitCode }))
  expect(job.status).toBe('failed')
  expect(job.error_message).toMatch(message)
  expect(job.error_message).toMatch(/its log ends with:\nlog of job-/)
  expect(job.stages[0]?.attempts).toHaveLength(1)
})

it.each<[string, Train, RegExp]>([
  [
    'steps missing',
    async (spec, folder) => finishTraining(spec, folder, spec.planned_steps - 1),
    /global_step is 3, expected 4.*steps 4 to 4 are missing/,
  ],
  ['no manifest', async () => ({ exitCode: 0 }), /manifest\.json is missing/],
  [
    'a file changed after the manifest',
    async (spec, folder) => {
      await finishTraining(spec, folder)
      await writeFile(`${folder}final/adapter_model.safetensors`, 'something else')
      return { exitCode: 0 }
    },
    /adapter_model\.safetensors has sha256/,
  ],
  [
    'the metrics of a step missing',
    async (spec, folder) => {
      await finishTraining(spec, folder)
      await writeFile(
        `${folder}metrics/00000000.jsonl`,
        [1, 2, 4]
          .map((step) => `${JSON.stringify({ step, ts: new Date(0).toISOString(), data: { total_loss: 1 } })}\n`)
          .join(''),
      )
      return { exitCode: 0 }
    },
    /not strictly increasing by one/,
  ],
])('a trainer that exits 0 with %s fails verification', async (_, train, message) => {
  const job = await runWith(train)
  expect(job.status).toBe('failed')
  expect(job.error_message).toMatch(message)
  expect(job.stages[0]).toMatchObject({ status: 'failed', attempts: [{ status: 'failed', exit_code: 0 }] })
})

it('the failure pack holds the spec, the reports, the recipe and the end of the log', async () => {
  const job = await runWith(async () => ({ exitCode: 70 }))
  const { url } = (await test.request('GET', `/v1/jobs/${job.id}/failure-pack`)).body
  const file = join(test.directory, 'pack.tar.gz')
  await writeFile(file, Buffer.from(await (await fetch(url)).arrayBuffer()))
  const { stdout } = await promisify(execFile)('tar', ['-tzf', file])
  const folder = 'stages/0-sft/attempt-1'
  expect(stdout.trim().split('\n').sort()).toEqual(
    [
      'MISSING.txt',
      'anomalies.json',
      'failure.json',
      'job.json',
      'preflight/round1.json',
      'preflight/round2.json',
      'recipe.json',
      `${folder}/log-tail.txt`,
      `${folder}/spec.json`,
    ].sort(),
  )
})

it('a job resumed after its second stage failed trains that one only', async () => {
  let stageIsBroken = true
  const trained: string[] = []
  const failed = await runWith(async (spec, folder) => {
    trained.push(`stage ${spec.stage} attempt ${spec.attempt}`)
    return spec.stage === 1 && stageIsBroken ? { exitCode: 65 } : finishTraining(spec, folder)
  })
  expect(failed).toMatchObject({ status: 'failed', reason: { code: 'stage_failed', stage: 1 } })
  stageIsBroken = false
  await test.request('POST', `/v1/jobs/${failed.id}/resume`)
  expect(await finished(test, failed.id)).toMatchObject({ status: 'succeeded', run: 2 })
  expect(trained).toEqual(['stage 0 attempt 1', 'stage 1 attempt 1', 'stage 1 attempt 2'])
})
