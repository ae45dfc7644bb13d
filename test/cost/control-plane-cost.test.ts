import { readFile } from 'node:fs/promises'
import { afterEach, expect, it } from 'vitest'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import type { Compute, ComputeRecord, Platform } from '../../core/platform/ports.ts'
import { computeChanged } from '../../functions/events/compute-changed.ts'
import { type Deployable, deployable, manifest } from '../../functions/manifest.ts'
import { prepareProject, submitSample } from '../support/api.ts'
import { createInstantCompute } from '../support/instant-compute.ts'
import { finished, startTestServer, type TestServer } from '../support/local-server.ts'
import { sampleRecipe } from '../support/sample-project.ts'
import { document, documented } from './documented.ts'
import { coldMs, lambdaBill, logBytes } from './lambda-bill.ts'
import { clockWithoutTicks, meteredWhile } from './meter.ts'
import { add, type Bill, prices, total } from './prices.ts'
import { statesEntered } from './states-entered.ts'

let test: TestServer
afterEach(() => test.stop())

/** One submission, and a look at the job now and then. */
const requests = 22
/** Between submission and end. */
const statuses = ['submitted', 'runnable', 'starting', 'running'] as const
/** These, one that the port does not know (pending), and the end. */
const statusChanges = statuses.length + 2

it('the control plane of a job that trains one stage and evaluates base and tuned model costs at most $0.001', async () => {
  const bill: Bill = {}
  const events: BusinessEvent[] = []
  let counts = false
  let watched: Platform | undefined
  test = await startTestServer({
    compute: ({ clock }) =>
      seenAsItGoesOn(createInstantCompute(clock), (name) => computeChanged(watched as Platform, name)),
    clock: clockWithoutTicks,
    around: (platform) => {
      watched = meteredWhile(
        platform,
        () => counts,
        bill,
        (event) => events.push(event),
      )
      return watched
    },
  })
  await prepareProject(test, { stages: sampleRecipe().stages.slice(1) })
  counts = true
  const job = await submitSample(test)
  expect(await finished(test, job.id)).toMatchObject({ status: 'succeeded' })
  for (let look = 2; look < requests; look++) await test.request('GET', `/v1/jobs/${job.id}`)
  counts = false

  const states = statesEntered(test.directory, `${job.id}-1`)
  const invoked = new Map<Deployable, number>([[deployable('api'), requests]])
  const invoke = (each: Deployable, times = 1) => invoked.set(each, (invoked.get(each) ?? 0) + times)
  for (const each of manifest) {
    const { trigger } = each
    if (trigger.kind === 'step') invoke(each, states.filter((state) => kebab(state) === each.name).length)
    if (trigger.kind === 'event') invoke(each, events.filter(({ type }) => trigger.types.includes(type)).length)
  }
  const computeJobs = states.filter((state) => state === 'Train' || state === 'Generate').length
  expect(computeJobs).toBe(3)
  invoke(deployable('compute-changed'), computeJobs * statusChanges)

  add(bill, 'states_transition', states.length)
  add(bill, 'api_request', requests)
  for (const [each, times] of invoked) if (times > 0) lambdaBill(bill, each, times)
  for (const [each, times] of invoked)
    if (times > 0) add(bill, 'lambda_gb_second', (each.memoryMb / 1024) * (coldMs / 1000))
  const invocations = [...invoked.values()].reduce((sum, times) => sum + times, 0)
  add(bill, 'logs_gb', (invocations * logBytes) / 1e9)
  // The public key goes into three specs, and each of their functions asks for it once in its life.
  add(bill, 'kms_sign', computeJobs)

  expect(total(bill)).toBeLessThanOrEqual(0.001)
  expect(await documented('control plane of one job')).toBeCloseTo(total(bill), 5)
})

it('docs/cost.md shows every price that the computation uses', async () => {
  const text = await readFile(document, 'utf8')
  for (const [name, price] of Object.entries(prices)) expect(text, name).toContain(`| ${name} | ${price} |`)
})

/** A compute job that is looked at in each of its statuses, as the events of Batch make it. */
function seenAsItGoesOn(compute: Compute, look: (name: string) => Promise<unknown>): Compute {
  const present = new Map<string, ComputeRecord>()
  return {
    ...compute,
    describe: async (name) => present.get(name) ?? compute.describe(name),
    async submit(job) {
      for (const status of statuses) {
        present.set(job.name, { id: job.name, name: job.name, status, createdAt: new Date(0).toISOString() })
        await look(job.name)
      }
      present.delete(job.name)
      return compute.submit(job)
    },
  }
}

function kebab(state: string): string {
  return state.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase()
}
