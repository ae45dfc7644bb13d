import { afterEach, describe, expect, it } from 'vitest'
import { createRealClock, createTestIo, sluice } from '../cli/test-io.ts'
import { addDataset, prepareProject, submitSample } from '../support/api.ts'
import { createInstantCompute } from '../support/instant-compute.ts'
import { finished, startTestServer, type TestServer } from '../support/local-server.ts'
import { jsonl, sft } from '../support/sample-project.ts'

let test: TestServer
let submitted: readonly unknown[] = []
afterEach(() => test.stop())

async function start(): Promise<void> {
  test = await startTestServer({
    compute: ({ clock }) => {
      const compute = createInstantCompute(clock, {})
      submitted = compute.submitted
      return compute
    },
  })
  await prepareProject(test)
}

const only = { recipe: 'sample', preflight_only: true }

describe('preflight alone', () => {
  it('runs both rounds, issues no ticket, starts no compute, and ends well', async () => {
    await start()
    const { body } = await test.request('POST', '/v1/jobs', only)
    const job = await finished(test, body.id)
    expect(job).toMatchObject({ kind: 'preflight', status: 'succeeded', stages: [] })
    expect(submitted).toEqual([])
    const { round1, round2 } = (await test.request('GET', `/v1/jobs/${body.id}/preflight`)).body
    expect([round1.pass, round2.pass]).toEqual([true, true])
    expect((await test.request('GET', `/v1/jobs/${body.id}/ticket`)).status).toBe(404)
  })

  it('is refused like any other job, and cloned as what it is', async () => {
    await start()
    await addDataset(test, 'sample-sft', jsonl([...sft, ...sft]))
    const { body } = await test.request('POST', '/v1/jobs', only)
    expect(await finished(test, body.id)).toMatchObject({ status: 'refused', reason: { code: 'preflight_failed' } })
    const clone = await test.request('POST', `/v1/jobs/${body.id}/clone`)
    expect(await finished(test, clone.body.id)).toMatchObject({ kind: 'preflight', cloned_from: body.id })
    expect(submitted).toEqual([])
  })

  it('is not asked for with an evaluation', async () => {
    await start()
    const answer = await test.request('POST', '/v1/jobs', { evaluate: 'm@1', preflight_only: true })
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/preflight_only'])
  })

  it('is what `sluice preflight run` shows: exit code 0 or 2, every check, or the reports as JSON', async () => {
    await start()
    const options = ['--url', test.server.url, '--token', test.server.token]
    const passed = await sluice([...options, 'preflight', 'run', 'sample'], createTestIo({ clock: createRealClock() }))
    expect(passed.code).toBe(0)
    expect(passed.out).toMatch(/✓ row_format +sample-sft/)

    const json = await sluice(
      [...options, '--json', 'preflight', 'run', 'sample'],
      createTestIo({ clock: createRealClock() }),
    )
    expect(JSON.parse(json.out)).toMatchObject({ round1: { pass: true }, round2: { pass: true } })

    await addDataset(test, 'sample-sft', jsonl([...sft, ...sft]))
    const refused = await sluice([...options, 'preflight', 'run', 'sample'], createTestIo({ clock: createRealClock() }))
    expect(refused.code).toBe(2)
    expect(refused.out).toMatch(/duplicates.*40 of 80 rows repeat/s)

    const trained = await finished(test, (await submitSample(test)).id)
    const shown = await sluice([...options, 'preflight', 'show', trained.id])
    expect(shown.out).toMatch(/duplicates/)
  })
})
