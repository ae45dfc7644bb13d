import { readdir, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { readEnvironment } from '../../adapters/aws/config.ts'
import { createPlatform } from '../../adapters/aws/platform.ts'
import { tempDir } from '../support/temp-dir.ts'

const environment = { SLUICE_FUNCTION: 'start-job', SLUICE_STAGE: 'dev' }

it('an environment that is wrong names everything that is wrong with it', () => {
  expect(() => readEnvironment({ SLUICE_DISK_GIB: 'much' })).toThrow(
    /SLUICE_FUNCTION \(.+\), SLUICE_STAGE \(.+\), SLUICE_DISK_GIB \(.+\); deploy its stack again/,
  )
})

it('a platform needs nothing before it is used, and then names function, variable and stack', async () => {
  const platform = createPlatform(readEnvironment(environment))
  const missing = (name: string) =>
    `function start-job has no ${name}: grant start-job what needs it in functions/manifest.ts and deploy the stack sluice-dev-pipeline, which sets it`
  await expect(platform.table.get({ pk: 'a', sk: 'b' })).rejects.toMatchObject({
    code: 'internal',
    message: missing('SLUICE_CONTROL_TABLE'),
  })
  await expect(platform.metrics.query({ pk: 'a' })).rejects.toThrow(missing('SLUICE_METRICS_TABLE'))
  await expect(platform.blobs.get('a')).rejects.toThrow(missing('SLUICE_BUCKET'))
  await expect(Array.fromAsync(platform.blobs.read('a'))).rejects.toThrow(missing('SLUICE_BUCKET'))
  expect(() => platform.blobs.uri('a')).toThrow(missing('SLUICE_BUCKET'))
  await expect(platform.compute.listActive()).rejects.toThrow(missing('SLUICE_JOB_QUEUES'))
  await expect(platform.workflows.describe('a')).rejects.toThrow(missing('SLUICE_STATE_MACHINES'))
  await expect(platform.schedules.delete('a')).rejects.toThrow(missing('SLUICE_SCHEDULE_GROUP'))
  await expect(platform.scratch.open()).rejects.toThrow(missing('SLUICE_SCRATCH'))
  await expect(platform.signer.publicKey()).rejects.toThrow(missing('SLUICE_SIGNING_KEY'))
})

it('the API finds its variables in its own stack', async () => {
  const platform = createPlatform(readEnvironment({ ...environment, SLUICE_FUNCTION: 'api' }))
  await expect(platform.blobs.head('a')).rejects.toThrow('deploy the stack sluice-dev-api')
})

it('machines that are no JSON object are named as they are', async () => {
  const platform = createPlatform(readEnvironment({ ...environment, SLUICE_STATE_MACHINES: '["arn"]' }))
  await expect(platform.workflows.describe('a')).rejects.toThrow('SLUICE_STATE_MACHINES is not a JSON object of ARNs')
})

it('a blob is named where it lies without asking anybody', () => {
  const platform = createPlatform(readEnvironment({ ...environment, SLUICE_BUCKET: 'sluice-dev-blobs' }))
  expect(platform.blobs.uri('jobs/a/spec.json')).toBe('s3://sluice-dev-blobs/jobs/a/spec.json')
})

it('a disk that the function before left full is emptied before its first use, and only then', async () => {
  const directory = tempDir()
  await writeFile(`${directory}/left`, 'by a function that ran out of time')
  const platform = createPlatform(readEnvironment({ ...environment, SLUICE_SCRATCH: directory }))
  const [one, other] = await Promise.all([platform.scratch.open(), platform.scratch.open()])
  await one.append('a', new Uint8Array(70_000))
  await other.append('b', new Uint8Array(3))
  expect((await readdir(directory)).map((name) => name.startsWith('scratch-'))).toEqual([true, true])
  expect((await one.read('a')).length).toBe(70_000)
  await Promise.all([one.close(), other.close()])
})

it('threads are refused where the entry brings no worker', async () => {
  const { workers } = createPlatform(readEnvironment(environment))
  const asked = workers.run({ task: 'prepare-batch', setup: { key: 'a', value: null }, input: null })
  await expect(asked).rejects.toThrow('its entry names no worker file')
})
