import { createPublicKey, verify } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { GetPublicKeyCommand } from '@aws-sdk/client-kms'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { GetScheduleCommand } from '@aws-sdk/client-scheduler'
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { awsSigner } from '../../cli/sign-request.ts'
import { manifest } from '../../functions/manifest.ts'
import type { Model } from '../../schemas/registry.ts'
import type { ScheduleView } from '../../schemas/schedule.ts'
import { until } from '../support/asl-until.ts'
import { describeOnMoto } from '../support/moto.ts'
import { jsonl, sampleRecipe, sft } from '../support/sample-project.ts'
import { type Account, startAccount } from './end-to-end-account.ts'
import { createUser, jobIn, type User } from './end-to-end-project.ts'
import { functionArn } from './end-to-end-stack.ts'
import { shuffled, stateOf, versionOf } from './end-to-end-state.ts'

describeOnMoto('stage dev, deployed on stand-ins', () => {
  let account: Account
  let user: User
  let trained = ''
  let cancelled = ''
  let diverged = ''

  beforeAll(async () => {
    account = await startAccount()
    user = createUser(account)
  })
  afterAll(() => account.stop())

  it('takes a job from a signed request to a registered model', async () => {
    await user.addSampleProject()
    await user.publish(sampleRecipe())
    const out = await user.done('jobs', 'submit', 'sample', '--watch')
    expect(out).toContain('tuned 30 of 30 right  100.0 %')
    trained = jobIn(out)
    await account.quiet()

    expect(await user.job(trained)).toMatchObject({
      status: 'succeeded',
      comparison: { verdict: 'better', n: 30, base: { correct: 0 }, candidate: { correct: 30 } },
      gate: { verdict: 'pass' },
      model: { name: 'sample-model', version: 1, alias: 'staging' },
    })
    expect(await user.json<Model>('models', 'get', 'sample-model')).toMatchObject({
      versions: [{ version: 1, job: trained }],
      aliases: [{ alias: 'staging', version: 1 }],
    })
  })

  it('kept the whole history, one entry for each write of the record', async () => {
    const history = await user.history(trained)
    expect(history.map(({ id }) => id)).toEqual(history.map((_, index) => `${trained}#${index + 1}`))
    expect(history).toHaveLength(await versionOf(account, `JOB#${trained}`, 'META'))
    expect(history.at(-1)).toMatchObject({ type: 'model_registered', status: 'succeeded' })
  })

  it('took in every step of every metric once', async () => {
    const series = await user.metrics(trained)
    expect(series.map(({ stage, name }) => `${stage} ${name}`)).toEqual([
      '0 total_loss',
      '0 learning_rate',
      '1 total_loss',
      '1 learning_rate',
    ])
    for (const { points } of series) expect(points.map(([step]) => step)).toEqual([1, 2, 3, 4])
  })

  it("signed the ticket with KMS, and the key's public half verifies it", async () => {
    const object = await account.s3.send(
      new GetObjectCommand({ Bucket: account.bucket, Key: `jobs/${trained}/ticket.json` }),
    )
    const { payload, signature } = JSON.parse((await object.Body?.transformToString()) ?? '')
    const { PublicKey } = await account.kms.send(new GetPublicKeyCommand({ KeyId: account.signingKey }))
    const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
    const holds = (text: string) => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
    expect(holds(payload)).toBe(true)
    expect(holds(payload.replace(trained, 'job-other'))).toBe(false)
    expect(JSON.parse(payload)).toMatchObject({ job: trained })
  })

  it("reads the trainer's log from CloudWatch Logs, and streams what happened", async () => {
    expect(await user.json('jobs', 'logs', trained)).toMatchObject({ lines: [`train for ${trained}`] })
    expect(await streamed(trained)).toContain('succeeded')
  })

  it('lets in no request that is not signed, or was changed after it was', async () => {
    const url = `${account.url}/v1/jobs`
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' }
    const signed = await awsSigner(
      'us-east-1',
      undefined,
    )({ method: 'POST', url, headers, body: '{"recipe":"sample"}' })
    const send = (body: string, given: Record<string, string>) => fetch(url, { method: 'POST', headers: given, body })
    expect((await send('{"recipe":"sample"}', headers)).status).toBe(403)
    expect((await send('{"recipe":"sample@1"}', signed)).status).toBe(403)
    expect(await user.json('jobs', 'list')).toMatchObject({ items: [{ id: trained }] })
  })

  it('makes a dataset version, and a report beside it, of a dropped file', async () => {
    const Key = 'drops/dropped/rows.jsonl'
    await account.s3.send(new PutObjectCommand({ Bucket: account.bucket, Key, Body: jsonl(sft) }))
    await account.quiet()
    expect(await user.json('datasets', 'versions', 'dropped')).toMatchObject({ items: [{ rows: 40, format: 'sft' }] })
    const report = await account.s3.send(new GetObjectCommand({ Bucket: account.bucket, Key: `${Key}.report.json` }))
    expect(JSON.parse((await report.Body?.transformToString()) ?? '')).toMatchObject({ status: 'accepted', rows: 40 })
  })

  it('logs JSON that names function and request, and nothing went wrong', async () => {
    const lines = account.functions.lines.map(({ function: name, text }) => ({ name, line: JSON.parse(text) }))
    const requests = new Set(account.functions.invoked.map((each) => `${each.function} ${each.request}`))
    const logs = lines.filter(({ line }) => !('_aws' in line))
    for (const { name, line } of logs) expect(requests).toContain(`${name} ${line.request}`)
    for (const { name, line } of lines) expect(line).toMatchObject({ function: name, stage: 'dev' })
    expect(logs.filter(({ line }) => line.level !== 'INFO')).toEqual([])
    expect(lines.filter(({ line }) => line.job_succeeded === 1)).toHaveLength(1)
    expect(account.bus.deadLetters).toEqual([])
  })

  it('a cancelled job stops its execution and its trainer, and keeps what was measured', async () => {
    const [first] = sampleRecipe().stages
    if (!first) throw new Error('the sample has no stage')
    await user.publish(sampleRecipe({ name: 'slow', stages: [{ ...first, steps: 100_000 }] }))
    cancelled = jobIn(await user.done('jobs', 'submit', 'slow'))
    await until('the first steps', async () => ((await user.job(cancelled)).stages[0]?.step ?? 0) >= 4, 20_000)
    expect(await account.compute.listActive()).toHaveLength(1)
    await user.done('jobs', 'cancel', cancelled, '--reason', 'not needed')
    await until('the end of its execution', async () => (await executionOf(cancelled)) === 'ABORTED')
    await account.quiet()

    expect(await user.job(cancelled)).toMatchObject({ status: 'cancelled', reason: { message: 'not needed' } })
    expect(account.calls.states.get('StopExecution')).toBe(1)
    expect(account.calls.batch.get('/v1/terminatejob')).toBe(1)
    expect(await account.compute.listActive()).toEqual([])
    const [series] = await user.metrics(cancelled)
    const steps = series?.points.map(([step]) => step) ?? []
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, index) => index + 1))
    expect(steps).toHaveLength(2 * (await segmentsOf(cancelled)))
  })

  it('a job that diverges is stopped while it trains, and fails with why', async () => {
    const [first] = sampleRecipe().stages
    if (!first) throw new Error('the sample has no stage')
    await user.publish(sampleRecipe({ name: 'diverging', seed: 13, stages: [{ ...first, steps: 100_000 }] }))
    diverged = jobIn(await user.done('jobs', 'submit', 'diverging'))
    await until('its end', async () => (await user.job(diverged)).status === 'failed', 20_000)
    await account.quiet()

    const job = await user.job(diverged)
    expect(job.reason).toMatchObject({ code: 'stage_failed', stage: 0 })
    expect(job.error_message).toMatch(
      /attempt 1 was stopped by diagnostics for what began at step 5: total_loss is NaN at step 5/,
    )
    expect(job).toMatchObject({ health: { critical: 1 }, stages: [{ attempts: [{ stopped_by: { step: 5 } }] }] })
    // One job was cancelled before.
    expect(account.calls.batch.get('/v1/terminatejob')).toBe(2)
    expect(await account.compute.listActive()).toEqual([])
    expect((await user.history(diverged)).map(({ type }) => type)).toContain('anomaly_found')
    expect(await streamed(diverged)).toMatch(/event: anomaly\nid: .*\ndata: .*"rule":"non_finite"/)
    const Key = `jobs/${diverged}/failure-pack.tar.gz`
    const pack = await account.s3.send(new GetObjectCommand({ Bucket: account.bucket, Key }))
    const files = gunzipSync((await pack.Body?.transformToByteArray()) ?? '').toString()
    expect(files).toMatch(/anomalies\.json.*"rule": "non_finite"/s)
  })

  it('a schedule is a timer of EventBridge Scheduler, whose tick submits its job', async () => {
    await user.done('schedules', 'put', 'nightly', '--cron', '0 2 * * *', '--recipe', 'sample')
    await account.quiet()
    const timer = new GetScheduleCommand({ Name: 'nightly', GroupName: account.scheduleGroup })
    const { ScheduleExpression, Target } = await account.scheduler.send(timer)
    expect([ScheduleExpression, Target?.Arn]).toEqual(['cron(0 2 * * ? *)', functionArn('run-schedule')])
    const { next_runs } = await user.json<ScheduleView>('schedules', 'show', 'nightly')
    const due = `${next_runs[0]?.slice(0, 19)}Z`
    const event = JSON.parse((Target?.Input ?? '').replace('<aws.scheduler.scheduled-time>', due))
    for (const _ of ['first', 'again']) await account.functions.invoke('run-schedule', event)
    const { items } = await user.json<{ items: { id: string }[] }>('jobs', 'list')
    expect(items.map(({ id }) => id).slice(1)).toEqual([diverged, cancelled, trained])
    expect(await user.cli('jobs', 'watch', items[0]?.id ?? '')).toMatchObject({ code: 0, err: '' })
    await account.quiet()
    expect(await user.json('models', 'get', 'sample-model')).toMatchObject({ aliases: [{ version: 2, previous: 1 }] })
  })

  it('every event again, in another order and at the same time, changes nothing and starts nothing', async () => {
    // The first look at a cancelled job notes that nothing of it runs any more; its metrics then become one object.
    await tick()
    await tick()
    const before = await stateOf(account)
    const deliveries = [...account.bus.deliveries]
    const started = [account.calls.states.get('StartExecution'), account.calls.batch.get('/v1/submitjob')]
    expect(new Set(deliveries.map(({ consumer }) => consumer))).toEqual(new Set(consumersHere))
    for (const { consumer, event } of shuffled(deliveries)) await account.functions.invoke(consumer, event)
    await Promise.all(deliveries.toReversed().map(({ consumer, event }) => account.functions.invoke(consumer, event)))
    await tick()
    await account.quiet()

    expect(await stateOf(account)).toEqual(before)
    expect(account.bus.deliveries).toHaveLength(deliveries.length)
    expect([account.calls.states.get('StartExecution'), account.calls.batch.get('/v1/submitjob')]).toEqual(started)
    expect(await account.compute.listActive()).toEqual([])
  })

  it('every function that had a part in it used no more than its grants', () => {
    const invoked = new Set(account.functions.invoked.map((each) => each.function))
    const idle = manifest.filter(({ name }) => !invoked.has(name)).map(({ name }) => name)
    const ofBuilds = ['plan-build', 'run-build', 'conclude-build', 'fail-build', 'follow-build']
    expect(idle).toEqual(['authorize', 'refuse-job', ...ofBuilds, 'queue-blocked'])
    const refused = account.functions.lines.filter(({ text }) => text.includes('does not grant'))
    expect(refused).toEqual([])
    expect(account.bus.deadLetters).toEqual([])
    const errors = account.functions.lines.map(({ text }) => JSON.parse(text)).filter(({ level }) => level === 'ERROR')
    for (const line of errors) expect(line).toMatchObject({ function: 'stop-job', error: { name: 'busy' } })
  })

  async function tick(): Promise<void> {
    for (const name of ['reconcile', 'sync-metrics']) await account.functions.invoke(name, {})
  }

  async function streamed(job: string): Promise<string> {
    const request = { method: 'GET', url: `${account.url}/v1/jobs/${job}/live`, headers: {}, body: undefined }
    const response = await fetch(request.url, { headers: await awsSigner('us-east-1', undefined)(request) })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    return response.text()
  }

  async function executionOf(job: string): Promise<string | undefined> {
    const executionArn = `${account.machine.replace(':stateMachine:', ':execution:')}:${job}-1`
    return (await account.sfn.send(new DescribeExecutionCommand({ executionArn }))).status
  }

  async function segmentsOf(job: string): Promise<number> {
    const objects = Object.keys(await stateOf(account))
    return objects.filter((name) => name.startsWith(`s3 jobs/${job}/`) && name.includes('/metrics/')).length
  }
})

const consumersHere = [
  'start-job',
  'stop-job',
  'record-event',
  'apply-schedule',
  'intake-drop',
  'ingest-metrics',
  'compute-changed',
  'execution-ended',
]
