import { afterEach, expect, it } from 'vitest'
import { functionBytes } from '../../core/data-factory/build/plan-build.ts'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import { type Deployable, deployable, manifest } from '../../functions/manifest.ts'
import { story } from '../core/data-factory/build/support.ts'
import { addDataset } from '../support/api.ts'
import { startTestServer, type TestServer } from '../support/local-server.ts'
import { jsonl } from '../support/sample-project.ts'
import { documented } from './documented.ts'
import { coldMs, lambdaBill, logBytes, warmMs } from './lambda-bill.ts'
import { clockWithoutTicks, meteredWhile } from './meter.ts'
import { add, type Bill, total } from './prices.ts'
import { statesEntered } from './states-entered.ts'

let test: TestServer
afterEach(() => test.stop())

/** One submission, and a look at the build every few seconds. */
const requests = 10
/**
 * Bytes a second with every operator in a function's two processors, assumed: nothing here ran on AWS. `bench data-build` did 5.9 MB/s
 * on two cores that others were using too, from a disk of its own.
 */
const bytesPerSecond = 4_000_000
/** What the drivers move in one request when an object is large. */
const partBytes = 8 * 2 ** 20
/** What every function has for nothing. */
const freeScratchGb = 0.5

it('a dataset build of the largest size that a function takes costs at most $0.0015', async () => {
  const bill: Bill = {}
  const events: BusinessEvent[] = []
  let counts = false
  test = await startTestServer({
    clock: clockWithoutTicks,
    around: (platform) =>
      meteredWhile(
        platform,
        () => counts,
        bill,
        (event) => events.push(event),
      ),
  })
  await addDataset(test, 'raw', jsonl(Array.from({ length: 200 }, (_, i) => story(i))))
  counts = true
  const sources = [{ dataset: 'raw' }]
  const { body } = await test.request('POST', '/v1/builds', { kind: 'dataset', name: 'built', sources })
  await test.server.settled()
  for (let look = 1; look < requests; look++)
    expect((await test.request('GET', `/v1/builds/${body.id}`)).body).toMatchObject({ status: 'succeeded' })
  counts = false

  const states = statesEntered(test.directory, body.id)
  expect(states.toSorted()).toEqual(['ConcludeBuild', 'Done', 'PlanBuild', 'RunBuild', 'Where'])
  add(bill, 'states_transition', states.length)
  add(bill, 'api_request', requests)

  const invoked = new Map<Deployable, number>([[deployable('api'), requests]])
  for (const each of manifest) {
    const { trigger, name } = each
    const ran = states.filter((state) => kebab(state) === name).length
    if (trigger.kind === 'step' && ran > 0) invoked.set(each, ran)
    const told = trigger.kind === 'event' ? events.filter(({ type }) => trigger.types.includes(type)).length : 0
    if (told > 0) invoked.set(each, told)
  }
  expect([...invoked.keys()].map(({ name }) => name)).toEqual(
    expect.arrayContaining(['plan-build', 'run-build', 'conclude-build', 'follow-build']),
  )
  const seconds = functionBytes / bytesPerSecond
  for (const [each, times] of invoked) {
    const ms = each.name === 'run-build' ? seconds * 1000 : warmMs
    lambdaBill(bill, each, times, ms + coldMs / times)
    add(bill, 'logs_gb', (times * logBytes) / 1e9)
  }
  const { timeoutSeconds, grants } = deployable('run-build')
  expect(seconds).toBeLessThan(timeoutSeconds / 10)
  add(bill, 'lambda_scratch_gb_second', ((grants.scratchGib ?? 0) - freeScratchGb) * seconds)
  // What the few rows here do not show: the parts of a large source and of what is made of it, and how far it is, once a second.
  add(bill, 's3_get', functionBytes / partBytes)
  add(bill, 's3_put', functionBytes / partBytes + seconds)

  expect(total(bill)).toBeLessThanOrEqual(0.0015)
  expect(await documented('dataset build of 64 MiB')).toBeCloseTo(total(bill), 5)
})

function kebab(state: string): string {
  return state.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase()
}
