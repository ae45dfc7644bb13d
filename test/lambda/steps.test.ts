import { readFile } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../core/platform/fault.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { checkStateSize } from '../../functions/lambda/state-size.ts'
import { createStepHandler } from '../../functions/lambda/step-handler.ts'
import { manifest } from '../../functions/manifest.ts'
import { steps } from '../../functions/steps/steps.ts'
import { admitted, prepared } from '../core/support/driven-job.ts'
import { prepareProject, submitSample } from '../core/support/project.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { context, testEntry } from './support/test-entry.ts'

let platform: TestPlatform
beforeEach(() => {
  platform = createTestPlatform()
})

describe('a step', () => {
  it('does its work, and says for which job', async () => {
    await prepareProject(platform)
    const { id } = await submitSample(platform)
    const entry = testEntry('preflight-round1', platform)
    expect(await createStepHandler(entry)({ job: id, run: 1 }, context)).toEqual({ pass: true })
    const fields = { function: 'preflight-round1', job: id, run: 1, cold_start: true, request: context.awsRequestId }
    expect(entry.lines).toMatchObject([{ level: 'INFO', message: 'done', ...fields }])
  })

  it('that runs again after its answer was lost changes nothing', async () => {
    await prepareProject(platform)
    const { id } = await submitSample(platform)
    const entry = testEntry('preflight-round1', platform)
    const handler = createStepHandler(entry)
    const first = await handler({ job: id, run: 1 }, context)
    const { events } = platform
    const before = events().length
    expect(await handler({ job: id, run: 1 }, context)).toEqual(first)
    expect(events()).toHaveLength(before)
  })

  it.each([undefined, null, 'job', {}, { job: 'x', run: 1 }, { job: 'job-00000000000000000001', run: 0 }])(
    'refuses the input %j, and writes nothing',
    async (payload) => {
      const entry = testEntry('issue-ticket', platform)
      await expect(createStepHandler(entry)(payload, context)).rejects.toMatchObject({ name: 'invalid' })
      expect(entry.writes).toEqual([])
      expect(entry.lines).toMatchObject([
        { level: 'ERROR', message: 'failed', error: { name: 'invalid', breaches: expect.any(Array) } },
        { fault_invalid: 1 },
      ])
    },
  )
})

it('a step that goes beyond its grants is refused', async () => {
  const task = async ({ blobs }: Platform) => {
    await blobs.delete('datasets/a/data-00000.jsonl')
    return null
  }
  const handler = createStepHandler(testEntry('issue-ticket', platform), { ...steps, 'issue-ticket': task })
  await expect(handler({ job: 'job-00000000000000000001', run: 1 }, context)).rejects.toThrow(
    'function issue-ticket uses blobs.delete on key datasets/a/data-00000.jsonl',
  )
})

it('a conclusion that is an error to the machine is no failure of the function', async () => {
  const job = await admitted(platform)
  const { attempt } = await prepared(platform, job.id)
  const entry = testEntry('conclude-attempt', platform)
  const detail = JSON.stringify({ StatusReason: 'Host EC2 (instance i-0) terminated.' })
  const outcome = { error: 'States.TaskFailed', cause: detail }
  const concluded = createStepHandler(entry)({ job: job.id, run: 1, stage: 0, attempt, outcome }, context)
  await expect(concluded).rejects.toMatchObject({ name: 'attempt_retry' })
  expect(entry.lines).toMatchObject([{ level: 'INFO', message: 'done', outcome: 'attempt_retry', job: job.id }])
})

describe('the error that Step Functions sees', () => {
  const payload = { job: 'job-00000000000000000001', run: 1 }
  const failing = (error: Error) => {
    const get = () => Promise.reject(error)
    return createStepHandler(testEntry('issue-ticket', platform, { table: { ...platform.table, get } }))
  }

  it('of a Fault is named by its code, so that the retry on `busy` of every task matches', async () => {
    const busy = new Fault('busy', 'DynamoDB throttles')
    const error = await failing(busy)(payload, context).catch((each: Error) => each)
    // Lambda reports the name of an error as its type.
    expect(error).toMatchObject({ name: 'busy', message: 'DynamoDB throttles' })
    const machine = await readFile('state-machines/training-pipeline.asl.json', 'utf8')
    const tasks = machine.match(/"arn:aws:states:::lambda:invoke"/g)?.length
    expect(machine.match(/"busy"/g)?.length).toBeGreaterThanOrEqual(tasks ?? Number.NaN)
  })

  it('of anything unexpected is that error itself', async () => {
    const unexpected = new TypeError('x is not a function')
    await expect(failing(unexpected)(payload, context)).rejects.toBe(unexpected)
  })
})

describe('the function of a step', () => {
  it.each(manifest.filter(({ family }) => family === 'steps').map(({ name }) => name))('%s exists', (name) => {
    expect(createStepHandler(testEntry(name, platform))).toBeTypeOf('function')
  })

  it.each(['', 'api', 'toString'])('%j does not, and does not start', (name) => {
    expect(() => createStepHandler(testEntry(name, platform))).toThrow(`there is no step "${name}"`)
  })
})

it('a step whose answer is too large for a state ends as a fault, not as that answer', async () => {
  const job = await admitted(platform)
  const uri = (key: string) => `s3://${'b'.repeat(262_144)}/${key}`
  const entry = testEntry('prepare-attempt', platform, { blobs: { ...platform.blobs, uri } })
  const prepare = createStepHandler(entry)({ job: job.id, run: 1, stage: 0 }, context)
  await expect(prepare).rejects.toMatchObject({ name: 'too_large' })
})

it('an answer that no state can carry is a fault that a Catch takes', () => {
  const text = (bytes: number) => ({ text: 'ü'.repeat(bytes / 2) })
  expect(checkStateSize('plan-evaluation', text(250_000))).toEqual(text(250_000))
  expect(() => checkStateSize('plan-evaluation', text(262_144))).toThrow(/step plan-evaluation answers 262155 bytes/)
})
