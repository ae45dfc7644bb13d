import { beforeEach, expect, it } from 'vitest'
import { createTestApi, type TestApi } from '../api/support/test-api.ts'
import { prepareProject } from '../core/support/project.ts'
import { lines, storedJob } from '../core/support/stored-job.ts'
import { startStub } from './stub-server.ts'
import { sluice } from './test-io.ts'

let api: TestApi
let run: (...words: string[]) => ReturnType<typeof sluice>

/** The real API behind a socket. */
beforeEach(async () => {
  api = createTestApi()
  await prepareProject(api.platform)
  api.platform.compute.setDefinition({ usdPerHour: 36 })
  const { options } = await startStub(async ({ method, path, body }) => {
    const { status, body: text } = await api.call(method, path, { ...(body !== '' && { body }) })
    return { status, body: text }
  })
  run = (...words) => sluice([...options, ...words])
})

const explodes = (step: number) => ({ total_loss: step === 100 ? Number.NaN : 1 / step, kl_ref: step < 41 ? 0.1 : 5 })
const calm = (step: number) => ({ total_loss: 1 / step, kl_ref: 0.1 })

it('the commands about metrics read what the API answers', async () => {
  const [bad, good] = [
    await storedJob(api.platform, [[{ lines: lines(1, 100, explodes) }]]),
    await storedJob(api.platform, [[{ lines: lines(1, 100, calm) }]], { status: 'succeeded' }),
  ]
  const metrics = (await run('jobs', 'metrics', bad.id)).out
  expect(metrics).toMatch(/^ +0 {2}kl_ref +nats +100 +1-100 +5 +0\.1 +5 {2}▁+▄█+$/m)
  expect(metrics).toMatch(/^ +0 {2}total_loss +- +100 +1-100 +NaN +0\.0101 +1 /m)
  expect(metrics).toContain('! stage 0 total_loss: not finite: 1 NaN of 100 values, first in steps 97-100')
  expect((await run('jobs', 'branches', bad.id)).out).toMatch(/^ +0 +1 +1-100 +1-100 +100 +200 +2 {2}-$/m)
  expect((await run('jobs', 'sync', bad.id)).out).toContain('0 new segments')
  const diagnosed = (await run('jobs', 'diagnose', bad.id)).out
  expect(diagnosed).toMatch(/^100 rows looked at\n0 of 100, critical: 100 - 2 critical x 50/)
  expect((await run('jobs', 'anomalies', bad.id)).out).toContain('critical kl_explosion  stage 0 attempt 1')
  expect((await run('jobs', 'compare', bad.id, good.id, '--names', 'kl_ref')).out).toMatch(/ 0\.1 +-98\.0 % /)
  expect((await run('jobs', 'list')).code).toBe(0)
})

it('a policy is tried from the command line', async () => {
  const bad = await storedJob(api.platform, [[{ lines: lines(1, 100, explodes) }]])
  const { out } = await run('policies', 'backtest', '--last', '5')
  expect(out).toMatch(
    new RegExp(`^${bad.id} +failed +saved +55s +\\$0\\.55 +0 +stage 0 attempt 1 step 45: kl_explosion`, 'm'),
  )
  expect(out).toContain('stops 1 of 1 job that did not succeed: 55s of training saved ($0.55)')
  const words = ['--jobs', bad.id, '--set', 'kl_explosion.treshold=1']
  const refused = await run('policies', 'backtest', ...words)
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('--set kl_explosion.treshold=1')
  expect(refused.err).toContain('Did you mean "threshold"?')
})
