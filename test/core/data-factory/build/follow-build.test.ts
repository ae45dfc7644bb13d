import { describe, expect, it } from 'vitest'
import { getBuild, listBuilds } from '../../../../core/data-factory/build/build-store.ts'
import { concludeBuild, failBuild } from '../../../../core/data-factory/build/conclude-build.ts'
import { planBuild } from '../../../../core/data-factory/build/plan-build.ts'
import { runBuild } from '../../../../core/data-factory/build/run-build.ts'
import {
  cancelBuild,
  followBuild,
  reconcileBuild,
  reconcileBuilds,
} from '../../../../core/data-factory/build/run-execution.ts'
import { submitBuild } from '../../../../core/data-factory/build/submit-build.ts'
import { getDatasetVersion } from '../../../../core/datasets/dataset-store.ts'
import { Fault } from '../../../../core/platform/fault.ts'
import { workOn } from '../../../../functions/builder/work.ts'
import { BuildRequest } from '../../../../schemas/build.ts'
import { createTestPlatform, type TestPlatform } from '../../support/test-platform.ts'
import { register, story } from './support.ts'

const request = { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }] }
const launch = (name: string) => ({ name, definition: 'data-builder', timeoutSeconds: 60, environment: {} })

async function submitted(platform: TestPlatform): Promise<string> {
  await register(platform, 'raw', [story(1), story(2)])
  return (await submitBuild(platform, BuildRequest.parse(request), { principal: 'test' })).id
}

const expectNothingVisible = (platform: TestPlatform) =>
  expect(getDatasetVersion(platform.table, 'clean')).rejects.toMatchObject({ code: 'not_found' })

describe('a build that is cancelled', () => {
  it('before it was started is never started', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await cancelBuild(platform, id)
    await followBuild(platform, id)
    expect(platform.workflows.started).toEqual([])
    expect(await planBuild(platform, { build: id })).toEqual({ where: 'nowhere' })
    expect(await getBuild(platform.table, id)).toMatchObject({ status: 'cancelled', finished_at: expect.any(String) })
  })

  it('while its execution begins is not worked on', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    const { put } = platform.blobs
    const blobs: typeof platform.blobs = {
      ...platform.blobs,
      put: async (...call) => {
        await cancelBuild(platform, id)
        return put(...call)
      },
    }
    expect(await planBuild({ ...platform, blobs }, { build: id })).toEqual({ where: 'nowhere' })
  })

  it('while a function works on it shows nothing, and the late conclusion changes nothing', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await followBuild(platform, id)
    await planBuild(platform, { build: id })
    await cancelBuild(platform, id)
    await followBuild(platform, id)
    expect(platform.workflows.started).toMatchObject([
      { name: id, status: 'aborted', cause: 'the build was cancelled' },
    ])
    await runBuild(platform, id)
    expect(await concludeBuild(platform, { build: id })).toMatchObject({ status: 'cancelled', outputs: [] })
    expect(await failBuild(platform, { build: id, error: 'x', cause: 'y' })).toMatchObject({ status: 'cancelled' })
    await expectNothingVisible(platform)
  })

  it('while a machine works on it ends the machine, also on its second try, and no other', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await followBuild(platform, id)
    await planBuild(platform, { build: id })
    const other = `bld-${'0'.repeat(20)}`
    for (const name of [id, `${id}-1`, other, 'job-1']) await platform.compute.submit(launch(name))
    await cancelBuild(platform, id)
    await followBuild(platform, id)
    expect((await platform.compute.listActive()).map(({ name }) => name)).toEqual([other, 'job-1'])
    expect(await platform.compute.describe(id)).toMatchObject({ statusReason: 'the build was cancelled' })
  })

  it('cannot be cancelled again, nor one that is over or being concluded', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await planBuild(platform, { build: id })
    await runBuild(platform, id)
    const { put } = platform.table
    const refusals: unknown[] = []
    const table: typeof platform.table = {
      ...platform.table,
      put: async (...call) => {
        if (call[0].sk === 'HEAD') await cancelBuild(platform, id).catch((error) => refusals.push(error))
        return put(...call)
      },
    }
    await concludeBuild({ ...platform, table }, { build: id })
    expect(refusals).toMatchObject([
      { code: 'illegal_transition', message: expect.stringMatching(/its versions are becoming visible/) },
    ])
    await expect(cancelBuild(platform, id)).rejects.toMatchObject({ message: expect.stringMatching(/is succeeded/) })
    expect(JSON.stringify(await listBuilds(platform.table, { limit: 5 }))).not.toContain('concluding')
  })
})

describe('the reconciler', () => {
  it('starts a build whose event was lost, once', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await reconcileBuilds(platform)
    await reconcileBuilds(platform)
    await followBuild(platform, id)
    expect(platform.workflows.started).toMatchObject([{ machine: 'dataset-build', name: id, input: { build: id } }])
    expect(await getBuild(platform.table, id)).toMatchObject({ status: 'submitted' })
  })

  it.each([
    [
      undefined,
      undefined,
      { code: 'execution_timed_out', message: /ended as timed_out while the build was still open/ },
    ],
    ['States.Runtime', 'no such field', { code: 'States.Runtime', message: /no such field/ }],
  ])('ends a build whose execution died of %s %s, and its machine', async (error, cause, reason) => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await followBuild(platform, id)
    await planBuild(platform, { build: id })
    await platform.compute.submit(launch(id))
    platform.workflows.end(id, 'timed_out', error, cause)
    await reconcileBuild(platform, id)
    const ended = await getBuild(platform.table, id)
    expect(ended).toMatchObject({ status: 'failed', reason: { code: reason.code } })
    expect(ended.reason?.message).toMatch(reason.message)
    await followBuild(platform, id)
    expect(await platform.compute.listActive()).toEqual([])
  })

  it('concludes a build whose work is whole, whatever ended its execution', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await followBuild(platform, id)
    await planBuild(platform, { build: id })
    await runBuild(platform, id)
    platform.workflows.end(id, 'failed', 'States.Runtime', 'out of luck')
    await reconcileBuilds(platform)
    expect(await getBuild(platform.table, id)).toMatchObject({ status: 'succeeded' })
  })

  it('ends a machine that was started after its build had been stopped', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await cancelBuild(platform, id)
    await followBuild(platform, id)
    await platform.compute.submit(launch(`${id}-1`))
    await reconcileBuilds(platform)
    expect(await platform.compute.listActive()).toEqual([])
  })

  it('goes on to the next build when one cannot be looked at, and says so at the end', async () => {
    const platform = createTestPlatform()
    const ids = [await submitted(platform), await submitted(platform)]
    const { describe: look } = platform.workflows
    const workflows: typeof platform.workflows = {
      ...platform.workflows,
      describe: async (name) => (name === ids[0] ? Promise.reject(new Error('throttled')) : look(name)),
    }
    await expect(reconcileBuilds({ ...platform, workflows })).rejects.toThrow(/throttled/)
    expect(platform.workflows.started.map(({ name }) => name)).toEqual([ids[1]])
  })
})

describe('a machine of its own', () => {
  const silent = { out: () => {}, err: () => {} }

  it('that was killed fails the build in words', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await planBuild(platform, { build: id })
    const detail = { JobName: id, StatusReason: 'Essential container in task exited', Container: { ExitCode: 137 } }
    const failed = await failBuild(platform, { build: id, error: 'States.TaskFailed', cause: JSON.stringify(detail) })
    expect(failed.reason).toEqual({
      code: 'builder_lost',
      message: `the data builder was killed (exit code 137), which is what happens when memory runs out: Essential container in task exited; nothing of ${id} became visible, submit it again`,
    })
  })

  it('whose host went fails the build in words', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    const cause = JSON.stringify({ StatusReason: 'Host EC2 (instance i-1) terminated.', Container: {} })
    const failed = await failBuild(platform, { build: id, error: 'States.TaskFailed', cause })
    expect(failed.reason?.message).toMatch(
      /^the data builder was lost: Host EC2 \(instance i-1\) terminated.; nothing of/,
    )
  })

  it('that said why is believed, and not tried again', async () => {
    const platform = createTestPlatform()
    const version = await register(platform, 'raw', [story(1), story(2)])
    const id = await submitted(platform)
    await planBuild(platform, { build: id })
    const key = `datasets/raw/${version.digest}/data-00000.jsonl`
    const kept = await platform.blobs.get(key)
    await platform.blobs.put(key, 'x\n', 'any')
    expect(await workOn(id, platform, silent)).not.toBe(0)
    await platform.blobs.put(key, kept as Uint8Array, 'any')
    await expect(runBuild(platform, id)).rejects.toMatchObject({ code: 'corrupt' })
    await expect(concludeBuild(platform, { build: id })).rejects.toMatchObject({ code: 'corrupt' })
    const failed = await failBuild(platform, { build: id, error: 'States.TaskFailed', cause: '{"Container":{}}' })
    expect(failed).toMatchObject({
      status: 'failed',
      reason: { code: 'corrupt', message: expect.stringMatching(/register or build the same rows again/) },
    })
  })

  it('that lost a thread is tried again, and succeeds', async () => {
    const platform = createTestPlatform()
    const id = await submitted(platform)
    await planBuild(platform, { build: id })
    const { workers } = platform
    const losing = { size: 2, run: () => Promise.reject(new Fault('busy', 'a worker thread was lost; try again')) }
    expect(await workOn(id, { ...platform, workers: losing }, silent)).not.toBe(0)
    expect(await workOn(id, { ...platform, workers }, silent)).toBe(0)
    expect(await concludeBuild(platform, { build: id })).toMatchObject({ status: 'succeeded' })
  })
})
