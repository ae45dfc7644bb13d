import { describe, expect, it } from 'vitest'
import { aliasObjections } from '../../../core/registry/alias-rules.ts'
import { comparison, modelVersion } from '../support/comparison.ts'

const worse = comparison({ verdict: 'worse' })
const undecided = comparison({ verdict: 'inconclusive', p: 0.3 })

describe('an alias', () => {
  it.each([
    ['staging', modelVersion({ profile: 'smoke', state: 'registered' }), undefined],
    ['staging', modelVersion(), worse],
    ['production', modelVersion(), undefined],
    ['production', modelVersion(), comparison()],
  ])('%s may move: %#', (alias, version, against) => {
    expect(aliasObjections(alias, version, against)).toEqual([])
  })

  it.each([
    [
      'staging',
      modelVersion({ gate: { verdict: 'inconclusive', rules: [] } }),
      undefined,
      'gate of model version 1 says inconclusive',
    ],
    ['staging', modelVersion({ gate: { verdict: 'fail', rules: [] } }), undefined, 'says fail'],
    ['staging', modelVersion({ state: 'archived' }), undefined, 'is archived'],
    ['production', modelVersion({ profile: 'smoke' }), comparison(), 'only prod jobs reach production'],
    ['production', modelVersion(), worse, 'does not beat the version it would replace (worse'],
    [
      'production',
      modelVersion(),
      undecided,
      'does not beat the version it would replace (inconclusive: 60 against 50 of 100 right, p 0.300)',
    ],
  ])('%s may not move: %#', (alias, version, against, objection) => {
    expect(aliasObjections(alias, version, against)).toEqual([expect.stringContaining(objection)])
  })

  it('gets every objection at once', () => {
    const version = modelVersion({ profile: 'smoke', state: 'archived', gate: { verdict: 'fail', rules: [] } })
    expect(aliasObjections('production', version, worse)).toHaveLength(4)
  })
})
