import { beforeEach, describe, expect, it } from 'vitest'
import { type Promotion, promoteVersion } from '../../../core/evaluation/promote-version.ts'
import { getModel } from '../../../core/registry/model-store.ts'
import { registerVersion } from '../../../core/registry/register-version.ts'
import type { Suite } from '../../../schemas/evaluation.ts'
import type { ModelVersion } from '../../../schemas/registry.ts'
import { modelVersion } from '../support/comparison.ts'
import { prepareSuite, scored } from '../support/evaluations.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let suite: Suite

/** Registers a version that answers the first `correct` items right. */
async function version(correct: number, change: Partial<ModelVersion> = {}): Promise<number> {
  const { version: _, created_at: __, ...draft } = modelVersion(change)
  const evaluation = await scored(
    platform,
    suite,
    `answers ${correct} ${JSON.stringify(change)}`,
    (index) => index < correct,
  )
  const job = `job-${platform.ids.next()}`
  return (await registerVersion(platform, { ...draft, job, evaluation: evaluation.id })).version
}
const move = (alias: string, to: number, from?: Promotion['from']) =>
  promoteVersion(platform, { model: 'model', alias, version: to, from, reason: 'test' })
const refused = (code: string, message: string) => ({ code, message: expect.stringContaining(message) })

beforeEach(async () => {
  platform = createTestPlatform()
  suite = await prepareSuite(platform)
})

describe('production', () => {
  it('takes the first version that a prod job made, and then only better ones', async () => {
    const [v1, v2, v3] = [await version(10), await version(20), await version(22)]
    expect(await move('production', v1)).toMatchObject({ version: 1, previous: null })
    expect(await move('production', v2)).toMatchObject({ version: 2, previous: 1 })
    await expect(move('production', v3)).rejects.toMatchObject(
      refused('illegal_transition', 'does not beat the version it would replace (inconclusive'),
    )
    await expect(move('production', v1)).rejects.toMatchObject(
      refused('illegal_transition', '(worse: 10 against 20 of 40 right'),
    )
    expect((await getModel(platform.table, 'model')).aliases).toMatchObject([{ alias: 'production', version: 2 }])
  })

  it('rolls back to the version before without a comparison, and to no other', async () => {
    const [v1, v2] = [await version(10), await version(20)]
    await move('production', v1)
    await move('production', v2)
    const back = (to: number) =>
      promoteVersion(platform, { model: 'model', alias: 'production', version: to, rollback: true, reason: 'pager' })
    const v3 = await version(1)
    await expect(back(v3)).rejects.toMatchObject(
      refused('illegal_transition', 'cannot roll back to version 3: it pointed at version 1 before'),
    )
    expect(await back(v1)).toMatchObject({ version: 1, previous: 2 })
    expect(await back(v2)).toMatchObject({ version: 2, previous: 1 })
  })

  it('takes nothing from a smoke job, however good', async () => {
    const smoke = await version(40, { profile: 'smoke', state: 'registered' })
    await expect(move('production', smoke)).rejects.toMatchObject(refused('illegal_transition', 'only prod jobs'))
    expect(await move('staging', smoke)).toMatchObject({ version: smoke })
  })

  it('takes nothing that was evaluated on another suite than what it replaces', async () => {
    await move('production', await version(1))
    suite = await prepareSuite(platform, 'other', 99)
    await expect(move('production', await version(40))).rejects.toMatchObject(
      refused('illegal_transition', 'different suites'),
    )
  })

  it('takes nothing whose gate did not pass', async () => {
    const version1 = await version(40, { gate: { verdict: 'inconclusive', rules: [] } })
    await expect(move('production', version1)).rejects.toMatchObject(refused('illegal_transition', 'says inconclusive'))
  })
})

describe('moving an alias', () => {
  it('to where it points already changes nothing', async () => {
    const v1 = await version(1)
    const alias = await move('staging', v1)
    await platform.clock.advance(1000)
    expect(await move('staging', v1)).toEqual(alias)
    expect(platform.events().filter(({ type }) => type === 'model.promoted.v1')).toHaveLength(1)
  })

  it('is announced with an id of its own each time', async () => {
    const [v1, v2] = [await version(1), await version(2)]
    for (const to of [v1, v2, v1]) await move('staging', to)
    const events = platform.events().filter(({ type }) => type === 'model.promoted.v1')
    expect(events.map(({ id, data }) => [id, data.version])).toEqual([
      ['model/model/staging#1', v1],
      ['model/model/staging#2', v2],
      ['model/model/staging#3', v1],
    ])
  })

  it('holds to where the caller says it points now', async () => {
    const [v1, v2, v3] = [await version(1), await version(2), await version(3)]
    await expect(move('staging', v1, 7)).rejects.toMatchObject(refused('conflict', 'points at nowhere, not at 7'))
    await move('staging', v1, null)
    await expect(move('staging', v2, null)).rejects.toMatchObject(
      refused('conflict', 'points at version 1, not at nowhere'),
    )
    await expect(move('staging', v3, v2)).rejects.toMatchObject(refused('conflict', 'look again'))
    expect(await move('staging', v2, v1)).toMatchObject({ version: v2, previous: v1 })
  })

  it('at once by several lets one win', async () => {
    const versions = [await version(1), await version(2), await version(3)]
    const moves = await Promise.allSettled(versions.map((to) => move('staging', to, null)))
    const won = moves.filter((each) => each.status === 'fulfilled')
    expect(won).toHaveLength(1)
    for (const lost of moves.filter((each) => each.status === 'rejected'))
      expect(lost.reason).toMatchObject({ code: 'conflict' })
    expect((await getModel(platform.table, 'model')).aliases).toEqual([won[0]?.value])
  })

  it('to a version that is not there is refused', async () => {
    await expect(move('staging', 9)).rejects.toMatchObject(refused('not_found', 'no version 9'))
  })
})
