import { describe, expect, it } from 'vitest'
import { plain } from '../../cli/text/paint.ts'
import { findingLines } from '../../cli/watch/findings.ts'
import { createNarrator } from '../../cli/watch/narrate.ts'
import { render } from '../../cli/watch/render.ts'
import { ailing, anomaly, healthy } from './finding-samples.ts'
import { at, attempt, event, failed, job, jobId, stage, untilTraining, view } from './job-samples.ts'
import { startStub } from './stub-server.ts'
import { createTestIo, sluice } from './test-io.ts'

const answering = async (body: object, ...argv: string[]) => {
  const { options } = await startStub(() => ({ body }))
  return sluice([...options, ...argv])
}
const medium = anomaly({
  ...{ id: '0.1.loss_plateau.60', rule: 'loss_plateau', severity: 'medium', step: 60, last_step: 60, ended: false },
  ...{ message: 'the loss stands still', cause: '', advice: [], stops: false },
})

describe('jobs health', () => {
  it('shows the score, what lowers it, and which key of the recipe to set to what', async () => {
    const { code, out } = await answering({ ...ailing, anomalies: [anomaly(), medium] }, 'jobs', 'health', jobId)
    expect(code).toBe(0)
    expect(out.split('\n')).toEqual([
      '35 of 100, critical: 100 - 1 critical x 50 - 1 medium x 15',
      'critical kl_explosion  stage 0 attempt 1, steps 41-45, stops the job',
      '    kl_ref 5 nats is above 2 nats around step 41.',
      '    The policy has moved far away from the reference model.',
      '    > stages[0].hyperparameters.learning_rate = 0.0005',
      '      slows the drift',
      '    > Go on from the newest checkpoint before step 41.',
      'medium loss_plateau  stage 0 attempt 1, from step 60 on',
      '    the loss stands still',
      '',
    ])
  })

  it('says that nothing lowers it, and that what earlier attempts suffered from is over', async () => {
    const { options } = await startStub(({ path }) =>
      path.endsWith('/branches') ? { body: { branches: [] } } : { body: { ...healthy, anomalies: [] } },
    )
    expect(await sluice([...options, 'jobs', 'health', jobId])).toMatchObject({
      ...{ code: 0, out: '100 of 100, healthy: nothing lowers it\n' },
      err: 'nothing is logged yet, so there was nothing to judge\n',
    })
    const resumed = await answering({ ...healthy, anomalies: [anomaly()] }, 'jobs', 'health', jobId)
    expect(resumed.out).toContain(
      'nothing lowers it\n  findings of earlier attempts do not count\ncritical kl_explosion',
    )
  })

  it('of a job that goes badly is no failure of the command', async () => {
    expect((await answering({ ...ailing, anomalies: [anomaly()] }, 'jobs', 'health', jobId)).code).toBe(0)
  })
})

it('jobs anomalies lists them in full, or says that there are none', async () => {
  expect((await answering({ anomalies: [anomaly()] }, 'jobs', 'anomalies', jobId)).out).toContain('kl_ref 5 nats')
  expect(await answering({ anomalies: [] }, 'jobs', 'anomalies', jobId)).toMatchObject({
    out: '',
    err: 'nothing was found\n',
  })
})

it('jobs diagnose says how much it looked at', async () => {
  const diagnosis = { job: jobId, health: ailing, anomalies: [anomaly()], steps: 100, rules_version: 1 }
  const { out } = await answering(diagnosis, 'jobs', 'diagnose', jobId)
  expect(out).toMatch(/^100 rows looked at\n35 of 100, critical/)
})

it('jobs list has the health of each job', async () => {
  const { out } = await answering({ items: [{ ...failed(), health: ailing }, job()], next: null }, 'jobs', 'list')
  const [heading, first, second] = out.split('\n')
  expect(heading).toContain('HEALTH')
  expect(first).toMatch(/ 35 {2}2026/)
  expect(second).toMatch(/ - {2}2026/)
})

const running = (step: number, findings: string[] = []) =>
  job({
    status: 'running',
    stages: [stage({ status: 'running', step, attempts: [attempt()] })],
    updated_at: at(2).toISOString(),
    ...(findings.length > 0 && { findings, health: ailing }),
  })
const critical = '0.1.kl_explosion.41:critical'

describe('a job that is watched', () => {
  it('shows its health and the newest findings of the attempts that count', () => {
    const many = Array.from({ length: 5 }, (_, i) => anomaly({ id: `${i}`, step: i, message: `finding ${i}` }))
    const seen = { ...view({}), job: running(50, [critical]), anomalies: [anomaly({ attempt: 2 }), ...many] }
    const frame = render(seen, at(9), 100)
    expect(frame[0]).toContain('  health 35  ')
    expect(findingLines(seen, 60, plain)).toEqual([
      `  2 earlier: sluice jobs anomalies ${jobId}`,
      '! critical kl_explosion, stage 0 at step 2: finding 2',
      '! critical kl_explosion, stage 0 at step 3: finding 3',
      '! critical kl_explosion, stage 0 at step 4: finding 4',
    ])
    expect(findingLines(seen, 20, plain).every((line) => line.length <= 20)).toBe(true)
    expect(frame).toEqual(expect.arrayContaining(findingLines(seen, 100, plain)))
  })

  it('tells in plain lines what to do, once the finding is known', () => {
    const told = event('anomaly_found', 41, 'running', 'critical: kl_ref is 5')
    const found = { ...told, data: { run: 1, anomaly: anomaly().id } }
    const seen = { ...view({ status: 'running' }), events: [...untilTraining, found], anomalies: [anomaly()] }
    expect(createNarrator().tell(seen, at(42)).slice(-3)).toEqual([
      '2026-01-01T00:00:41Z  running     critical: kl_ref is 5',
      '                                  > stages[0].hyperparameters.learning_rate = 0.0005: slows the drift',
      '                                  > Go on from the newest checkpoint before step 41.',
    ])
  })

  it('tells a change of the recipe once', () => {
    const told = event('anomaly_found', 41, 'running', 'critical: kl_ref is 5')
    const found = { ...told, data: { run: 1, anomaly: anomaly().id } }
    const advice = [
      { key: 'stages[0].hyperparameters.beta', value: 0.08, text: 'beta 0.04 -> 0.08: holds the policy nearer' },
    ]
    const seen = { ...view({ status: 'running' }), events: [found], anomalies: [anomaly({ advice })] }
    expect(createNarrator().tell(seen, at(42)).at(-1)?.trim()).toBe(
      '> stages[0].hyperparameters.beta 0.04 -> 0.08: holds the policy nearer',
    )
  })

  it('reads findings when the record names one that is not known, and again until it is there', async () => {
    const reads = [running(10), running(41, [critical]), running(42, [critical]), { ...failed(), findings: [critical] }]
    const lists = [[], [anomaly()]]
    const { options, received } = await startStub(({ path }) => {
      if (path.includes('/events'))
        return { body: { items: [{ ...event('x', 2, 'running') }, { ...event('y', 21, 'failed') }], next: null } }
      if (path.endsWith('/anomalies')) return { body: { anomalies: lists.shift() ?? [] } }
      return { body: reads.length > 1 ? reads.shift() : reads[0] }
    })
    const io = createTestIo({ isTTY: true, env: { NO_COLOR: '1' } })
    expect((await sluice([...options, 'jobs', 'watch', jobId], io)).code).toBe(1)
    expect(received.filter(({ path }) => path.endsWith('/anomalies'))).toHaveLength(2)
    expect(io.out).toContain('! critical kl_explosion, stage 0 at step 41')
  })
})
