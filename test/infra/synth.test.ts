import { describe, expect, it } from 'vitest'
import { type configs, synth } from './support/synth.ts'

const names = ['dev', 'prod', 'full'] as const satisfies (keyof typeof configs)[]

describe.each(names)('the app of %s', (name) => {
  const { assembly } = synth(name)

  it('is deployed in an order: no stack waits for itself', () => {
    const waits = new Map(assembly.stacks.map(({ id, dependencies }) => [id, dependencies.map((each) => each.id)]))
    const isFree = (id: string, path: string[]): boolean =>
      !path.includes(id) && (waits.get(id) ?? []).every((each) => isFree(each, [...path, id]))
    for (const id of waits.keys()) expect(isFree(id, []), id).toBe(true)
  })

  it('no resource waits for itself either', () => {
    for (const { stackName, template } of assembly.stacks) expect(cycleOf(template.Resources), stackName).toEqual([])
  })

  it('needs no lookup and no container image', () => {
    expect(assembly.manifest.missing ?? []).toEqual([])
    const assets = assembly.stacks.flatMap((stack) => stack.assets)
    expect(assets.filter(({ packaging }) => packaging === 'container-image')).toEqual([])
  })
})

it('a planted cycle is found', () => {
  const a = { DependsOn: ['b'] }
  const b = { Properties: { Value: { 'Fn::GetAtt': ['c', 'Arn'] } } }
  const c = { Properties: { Value: [{ 'Fn::Sub': `x-${'$'}{a.Name}` }] } }
  expect(cycleOf({ a, b, c }).toSorted()).toEqual(['a', 'b', 'c'])
  expect(cycleOf({ a, b, c: {} })).toEqual([])
})

type Resources = Record<string, object>

/** Logical ids of resources that depend on each other in a circle. */
function cycleOf(resources: Resources): string[] {
  const needs = new Map(
    Object.entries(resources).map(([id, each]) => [id, referenced(each).filter((other) => other in resources)]),
  )
  let before = -1
  while (needs.size !== before) {
    before = needs.size
    for (const [id, others] of needs) if (!others.some((other) => needs.has(other))) needs.delete(id)
  }
  return [...needs.keys()]
}

function referenced(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referenced)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)]
    if (key === 'Fn::GetAtt') return [String([inner].flat()[0]).split('.')[0] ?? '']
    if (key === 'DependsOn') return [inner].flat() as string[]
    if (key === 'Fn::Sub') return [...String([inner].flat()[0]).matchAll(/\$\{(\w+)/g)].map(([, id = '']) => id)
    return referenced(inner)
  })
}
