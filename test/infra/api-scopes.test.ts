import { describe, expect, it } from 'vitest'
import { operations } from '../../schemas/api.ts'
import { type Operation, Scope } from '../../schemas/operations/operation.ts'
import { statementsOf } from './support/iam.ts'
import { ofType, synth } from './support/synth.ts'

const template = synth('dev').templates.api ?? { Resources: {} }
const policies = ofType(template, 'AWS::IAM::ManagedPolicy').map(([id, { ManagedPolicyName }]) => ({
  scope: String(ManagedPolicyName).replace('sluice-dev-', ''),
  statements: statementsOf(template).filter(({ of }) => of === id),
}))

/** In an ARN `*` takes any text, slashes too. */
const covers = (pattern: string, text: string) =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(text)

/** The scopes whose policy lets a request in. */
function scopesOf(method: string, path: string, stage = 'dev'): string[] {
  const [prefix = ''] = policies[0]?.statements[0]?.resources[0]?.split('/') ?? []
  const request = `${prefix}/${stage}/${method}${path}`
  const allowing = policies.filter(({ statements }) =>
    statements.some(({ resources }) => resources.some((each) => covers(each, request))),
  )
  return allowing.map(({ scope }) => scope).toSorted()
}

const table = Object.entries(operations as Record<string, Operation>).map(([name, { method, path, scope }]) => ({
  name,
  scope,
  method: method.toUpperCase(),
  path: path.replaceAll(/\{\w+\}/g, 'a.B-1'),
}))
const scoped = table.filter(({ scope }) => scope !== undefined)
const open = [
  ...table.filter(({ scope }) => scope === undefined),
  { name: 'openapi', method: 'GET', path: '/openapi.json' },
]

it('there is a policy for each scope, which calls the API and does nothing else', () => {
  expect(policies.map(({ scope }) => scope)).toEqual(Scope.options)
  for (const { statements } of policies)
    expect(statements.map(({ effect, actions }) => [effect, actions])).toEqual([['Allow', ['execute-api:Invoke']]])
})

describe('the policy of a scope', () => {
  it.each(scoped)('$name: $method $path is in that of $scope and in no other', ({ method, path, scope }) => {
    expect(scopesOf(method, path)).toEqual([scope])
  })

  it('the live view is read', () => {
    expect(scopesOf('GET', '/v1/jobs/job-1/live')).toEqual(['read'])
  })

  it.each(open)('$name needs no scope, so any of them will do; behind IAM it is open to none', ({ method, path }) => {
    expect(scopesOf(method, path)).toEqual(Scope.options.toSorted())
  })
})

describe('what no policy allows', () => {
  it.each([
    ['PATCH', '/v1/jobs/job-1'],
    ['GET', '/v2/jobs'],
    ['GET', '/'],
    ['POST', '/v1/models/x/aliases/production'],
  ])('%s %s', (method, path) => {
    expect(scopesOf(method, path)).toEqual([])
  })

  it('the same route of another stage', () => {
    expect(scopesOf('GET', '/v1/jobs', 'prod')).toEqual([])
  })
})
