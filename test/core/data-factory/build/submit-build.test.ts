import { describe, expect, it } from 'vitest'
import { requestProblems } from '../../../../core/data-factory/build/request-rules.ts'
import { submitBuild } from '../../../../core/data-factory/build/submit-build.ts'
import { BuildRequest } from '../../../../schemas/build.ts'
import { createTestPlatform } from '../../support/test-platform.ts'
import { register, story } from './support.ts'

const asked = { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }] }
const request = BuildRequest.parse(asked)
const caller = { principal: 'ann', idempotencyKey: 'monday' }

describe('submitting a build', () => {
  it('again under the same key gives the same build, also after its source got a newer version', async () => {
    const platform = createTestPlatform()
    const version = await register(platform, 'raw', [story(1)])
    const first = await submitBuild(platform, request, caller)
    await register(platform, 'raw', [story(2)])
    await platform.clock.advance(60_000)
    expect(await submitBuild(platform, request, caller)).toEqual(first)
    expect(first.sources).toMatchObject([{ dataset: 'raw', digest: version.digest }])
    expect(platform.events().filter(({ type }) => type === 'build.submitted.v1')).toHaveLength(1)
  })

  it('under the key of another request is refused; another caller may use the key', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', [story(1)])
    const first = await submitBuild(platform, request, caller)
    const other = BuildRequest.parse({ ...asked, seed: 2 })
    await expect(submitBuild(platform, other, caller)).rejects.toMatchObject({ code: 'idempotency_mismatch' })
    expect((await submitBuild(platform, other, { ...caller, principal: 'bob' })).id).not.toBe(first.id)
  })

  it('without a key makes a build each time', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', [story(1)])
    const ids = [1, 2].map(async () => (await submitBuild(platform, request, { principal: 'ann' })).id)
    expect(new Set(await Promise.all(ids)).size).toBe(2)
  })

  it('of what does not exist names everything that is missing at once, and leaves nothing', async () => {
    const platform = createTestPlatform()
    const wrong = BuildRequest.parse({
      ...asked,
      sources: [{ dataset: 'none' }, { dataset: 'nobody' }],
      operators: { decontaminate: { against: ['exam'] }, balance: {} },
    })
    const refused = submitBuild(platform, wrong, caller)
    await expect(refused).rejects.toMatchObject({ code: 'invalid' })
    const { errors } = await refused.catch((error) => error)
    expect(errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/operators/balance',
      '/operators/decontaminate/against/0',
      '/sources/0/dataset',
      '/sources/1/dataset',
    ])
    expect(platform.events()).toEqual([])
  })
})

describe('a request', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, 1]))
  const pool = { kind: 'pool', name: 'pool', templates: 'pack', sources: { a: 'qa' }, mix: { a: 1 } }

  it.each<[string, object, string[]]>([
    ['with nothing wrong', asked, []],
    ['to balance what is not measured', { ...asked, operators: { balance: {} } }, ['needs_difficulty']],
    [
      'whose easy is not below its hard',
      { ...asked, operators: { difficulty: { easy_below: 0.5, hard_above: 0.5 } } },
      ['bad_range'],
    ],
    [
      'whose shortest is longer than its longest',
      { ...asked, operators: { length: { min_tokens: 9, max_tokens: 8 } } },
      ['bad_range'],
    ],
    ['of 64 parts', { ...asked, operators: { split: { parts: many(64) } } }, []],
    ['of 65 parts', { ...asked, operators: { split: { parts: many(65) } } }, ['too_many_parts']],
    [
      'whose parts have long names',
      { ...asked, name: 'n'.repeat(60), operators: { split: { parts: { a: 1, 'b-longer': 1 } } } },
      ['long_name'],
    ],
    ['for a pool with a share and no source', { ...pool, mix: { a: 1, b: 1 } }, ['no_source']],
    ['for a pool with a source and no share', { ...pool, sources: { a: 'qa', c: 'qc' } }, ['no_share']],
    ['for a pool', pool, []],
    ['for a shadow set', { kind: 'shadow', name: 'probe', sources: [{ dataset: 'qa' }] }, []],
  ])('%s breaks these rules', (_, given, codes) => {
    const problems = requestProblems(BuildRequest.parse(given))
    expect(problems.map(({ code }) => code)).toEqual(codes)
    for (const { message, remedy } of problems) expect([message, remedy]).not.toContain('')
  })
})
