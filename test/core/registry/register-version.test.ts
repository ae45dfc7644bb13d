import { describe, expect, it } from 'vitest'
import { getModel, getModelVersion } from '../../../core/registry/model-store.ts'
import { registerVersion } from '../../../core/registry/register-version.ts'
import { modelVersion } from '../support/comparison.ts'
import { createTestPlatform } from '../support/test-platform.ts'

const draft = (job: number, name = 'model') => {
  const { version: _, created_at: __, ...rest } = modelVersion({ name, job: `job-${job}`.padEnd(24, '0') })
  return rest
}

describe('a model version', () => {
  it('is the next number, and announced', async () => {
    const platform = createTestPlatform()
    expect(await registerVersion(platform, draft(1))).toMatchObject({ version: 1 })
    expect(await registerVersion(platform, draft(2))).toMatchObject({ version: 2 })
    expect(await registerVersion(platform, draft(3, 'other'))).toMatchObject({ version: 1 })
    expect(platform.events().map(({ id, type }) => [id, type])).toEqual([
      ['model/model/1', 'model.registered.v1'],
      ['model/model/2', 'model.registered.v1'],
      ['model/other/1', 'model.registered.v1'],
    ])
  })

  it('is one per job, however often the job registers it', async () => {
    const platform = createTestPlatform()
    const first = await registerVersion(platform, draft(1))
    await registerVersion(platform, draft(2))
    expect(await registerVersion(platform, draft(1))).toEqual(first)
    const again = await Promise.all([draft(3), draft(3), draft(3)].map((each) => registerVersion(platform, each)))
    expect(new Set(again.map(({ version }) => version))).toEqual(new Set([3]))
    expect((await getModel(platform.table, 'model')).versions).toHaveLength(3)
  })

  it('is another for each of many jobs at once', async () => {
    const platform = createTestPlatform()
    const versions = await Promise.all([1, 2, 3, 4, 5, 6].map((job) => registerVersion(platform, draft(job))))
    expect(versions.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('that is not there is named with where to look', async () => {
    const { table } = createTestPlatform()
    await expect(getModel(table, 'model')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('sluice models list'),
    })
    await expect(getModelVersion(table, 'model', 7)).rejects.toThrow('model "model" has no version 7')
  })
})
