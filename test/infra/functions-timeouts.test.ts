import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { manifest } from '../../functions/manifest.ts'
import { deployed } from './support/functions.ts'
import { render } from './support/render.ts'
import { ofType, synth } from './support/synth.ts'

/**
 * Whoever waits, waits longer than what it waits for: client > API Gateway >= function, and state of a machine >= step (the linter of
 * state machines holds the last). Else a caller repeats what is still at work.
 */
describe('time limits', () => {
  const limitOf = (name: string) => manifest.find((each) => each.name === name)?.timeoutSeconds ?? 0
  const api = synth('full').templates.api ?? { Resources: {} }
  const methods = ofType(api, 'AWS::ApiGateway::Method').map(
    ([, { Integration }]) => Integration as { Uri?: unknown; TimeoutInMillis?: number; ResponseTransferMode?: string },
  )
  const idOf = (name: string) => deployed('full').find((each) => each.name === name)?.id ?? ''
  const integrationsOf = (name: string) => methods.filter(({ Uri }) => render(Uri).includes(`{${idOf(name)}.Arn}`))

  it.each(['api', 'stream'])('API Gateway outwaits the function %s', (name) => {
    expect(integrationsOf(name).length).toBeGreaterThan(0)
    // 29 s is what API Gateway waits when nothing else is said.
    for (const { TimeoutInMillis = 29_000 } of integrationsOf(name))
      expect(TimeoutInMillis).toBeGreaterThanOrEqual(limitOf(name) * 1000)
  })

  it('a buffered answer comes within the 29 s that API Gateway gives every account', () => {
    expect(limitOf('api')).toBeLessThanOrEqual(29)
    for (const { TimeoutInMillis = 29_000 } of integrationsOf('api'))
      expect(TimeoutInMillis).toBeLessThanOrEqual(29_000)
  })

  it('the client of the CLI outwaits API Gateway', () => {
    const [, limits = ''] = /timeoutMs = \{([^}]*)\}/.exec(readFileSync('cli/client.ts', 'utf8')) ?? []
    const milliseconds = [...limits.matchAll(/: ([\d_]+)/g)].map(([, digits = '']) =>
      Number(digits.replaceAll('_', '')),
    )
    expect(milliseconds).toHaveLength(4)
    for (const each of milliseconds) expect(each).toBeGreaterThan(29_000)
  })

  it('a tick of the clock ends before the next one comes', () => {
    for (const { trigger, timeoutSeconds } of manifest)
      if (trigger.kind === 'schedule') expect(timeoutSeconds).toBeLessThan(trigger.everySeconds)
  })
})
