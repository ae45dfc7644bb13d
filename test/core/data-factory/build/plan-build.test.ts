import { expect, it } from 'vitest'
import { buildKey, getBuild, specKey } from '../../../../core/data-factory/build/build-store.ts'
import { functionBytes, planBuild } from '../../../../core/data-factory/build/plan-build.ts'
import { submitBuild } from '../../../../core/data-factory/build/submit-build.ts'
import { BuildRequest } from '../../../../schemas/build.ts'
import { createTestPlatform, type TestPlatform } from '../../support/test-platform.ts'
import { register, story } from './support.ts'

/** A build whose source is said to have so many bytes. */
async function submitted(platform: TestPlatform, bytes: number): Promise<string> {
  await register(platform, 'raw', [story(1), story(2)])
  const request = BuildRequest.parse({ kind: 'dataset', name: 'large', sources: [{ dataset: 'raw' }] })
  const { id } = await submitBuild(platform, request, { principal: 'test' })
  const item = await platform.table.get(buildKey(id))
  const build = await getBuild(platform.table, id)
  const sources = build.sources.map((source) => ({ ...source, bytes }))
  await platform.table.put({ ...item, data: { ...build, sources } } as never, 'any' as never)
  return id
}

it('a build of as many bytes as a function takes is built by one, also where there is no data builder', async () => {
  const platform = createTestPlatform()
  platform.compute.setDefinition(undefined)
  const id = await submitted(platform, functionBytes)
  expect(await planBuild(platform, { build: id })).toEqual({ where: 'function' })
})

it('a larger one goes to the data builder, told where its spec lies', async () => {
  const platform = createTestPlatform()
  const id = await submitted(platform, functionBytes + 1)
  expect(await planBuild(platform, { build: id })).toEqual({
    where: 'job',
    launch: { name: id, environment: [{ Name: 'SLUICE_BUILD_URI', Value: platform.blobs.uri(specKey(id)) }] },
  })
})

it('without a data builder a larger one is refused, with the size, the limit and the remedy', async () => {
  const platform = createTestPlatform()
  platform.compute.setDefinition(undefined)
  const id = await submitted(platform, functionBytes + 1)
  await expect(planBuild(platform, { build: id })).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/67108865 bytes are more than the 67108864 .* set dataBuilder in cdk.json/),
  })
})
