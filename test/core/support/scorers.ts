import { Fault } from '../../../core/platform/fault.ts'
import type { Clock, Platform, Secrets } from '../../../core/platform/ports.ts'
import type { ScorerEndpoint } from '../../../schemas/scorer-probe.ts'
import { createScriptedEndpoints, type ScriptedEndpoints } from '../../support/scripted-endpoints.ts'
import type { TestPlatform } from './test-platform.ts'

export const apiKey = 'sk-live-"quoted"-0123456789'

export function scorerEndpoint(model: string): ScorerEndpoint {
  return { provider: 'test', base_url: `https://${model}.example.com/v1`, model, api_key_secret: 'scorer-test' }
}

/** Holds one secret, `scorer-test`. */
export const secrets: Secrets = {
  async read(name) {
    if (name === 'scorer-test') return `${apiKey}\n`
    throw new Fault('not_found', `secret ${name} is not set`)
  },
}

/** The test platform with scorers that answer by `reply`, and sleeps that pass at once. */
export function withScorers<P extends TestPlatform>(
  platform: P,
  reply: Parameters<typeof createScriptedEndpoints>[0],
): Omit<P, 'clock'> & Platform & { endpoints: ScriptedEndpoints; slept: number[] } {
  const slept: number[] = []
  const clock: Clock = {
    now: () => platform.clock.now(),
    async sleep(ms) {
      slept.push(ms)
    },
  }
  return { ...platform, clock, endpoints: createScriptedEndpoints(reply), secrets, slept }
}
