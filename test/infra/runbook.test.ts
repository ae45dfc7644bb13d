import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ofType, synth } from './support/synth.ts'

const runbook = readFileSync('docs/runbook.md', 'utf8')
const [, ...parts] = runbook.split(/^## /m)
const sections = parts.map((part) => ({ anchor: part.split('\n')[0] ?? '', text: part }))
const { operations, pipeline, api, compute } = synth('full').templates
const stacks = ['sluice-dev-pipeline', 'sluice-dev-compute']
const alarms = ofType(operations ?? { Resources: {} }, 'AWS::CloudWatch::Alarm').map(([, each]) =>
  String(each.AlarmDescription),
)
const named = alarms.map((text) => /Runbook: docs\/runbook\.md#([a-z-]+)$/.exec(text)?.[1] ?? text)

it('every alarm names a section that exists', () => {
  expect(named.length).toBeGreaterThan(15)
  for (const anchor of named) expect(sections.map((each) => each.anchor)).toContain(anchor)
})

it('every section has its alarm; that of the budget has the mail of the budget', () => {
  const budgets = ofType(operations ?? { Resources: {} }, 'AWS::Budgets::Budget').map(() => 'budget')
  expect(sections.map(({ anchor }) => anchor).toSorted()).toEqual([...new Set([...named, ...budgets])].toSorted())
})

describe.each(sections)('$anchor', ({ text }) => {
  it('says what it means, how to check with exact commands, and what to repair', () => {
    expect(text).toMatch(/\*\*Means\*\*.*\*\*Check\*\*.*```sh\n.*```.*\*\*Repair\*\*/s)
  })

  it('names things that exist', () => {
    const made = JSON.stringify([pipeline, api, compute])
      .replaceAll('sluice-full', 'sluice-dev')
      .replaceAll('/sluice/full/', '/sluice/dev/')
    const names = text.match(/sluice-dev-[a-z-]+|\/sluice\/dev\/[a-z-]+|\/aws\/vendedlogs\/[\w/-]+/g) ?? []
    for (const name of names.filter((each) => !stacks.includes(each))) expect(made).toContain(`"${name}"`)
  })

  it('links only to sections that exist', () => {
    for (const [, anchor] of text.matchAll(/\]\(#([a-z-]+)\)/g))
      expect(sections.map((each) => each.anchor)).toContain(anchor)
  })
})
