import { beforeEach, expect, it } from 'vitest'
import { checkEnvironment, environmentKey } from '../../../core/preflight/check-environment.ts'
import { RecipeSpec } from '../../../schemas/recipe.ts'
import { sampleRecipe } from '../../support/sample-project.ts'
import { notPassed } from '../support/subject.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const image = `registry.example.com/trl@sha256:${'a'.repeat(64)}`
const machine = { freeDiskBytes: 1e12, image, gpus: 1, gpuMemoryBytes: 24e9, usdPerHour: 1 }
const key = environmentKey('trl')
let platform: TestPlatform

beforeEach(() => {
  platform = createTestPlatform()
})

const store = (value: unknown) =>
  platform.blobs.put(key, typeof value === 'string' ? value : JSON.stringify(value), 'any')
function run(environment?: Record<string, string>, profile: 'smoke' | 'prod' = 'prod') {
  const resources = { definition: 'trl', ...(environment && { environment }) }
  return checkEnvironment(platform.blobs, RecipeSpec.parse(sampleRecipe({ profile, resources })), machine)
}

it('passes when every version is in its range, and binds the file', async () => {
  await store({ image, versions: { torch: '2.6.0+cu124', trl: '1.14.1', python: '3.12.3' } })
  const { checks, files } = await run({ torch: '>=2.3,<3', trl: '~=1.14.0' })
  expect(checks).toMatchObject([{ name: 'environment', status: 'pass', value: 0 }])
  expect(files).toEqual({ [key]: expect.stringMatching(/^[0-9a-f]{64}$/) })
})

it.each(['smoke', 'prod'] as const)('names every mismatch at once, in %s', async (profile) => {
  await store({ image: 'another', versions: { torch: '2.2.0', constructor: '1' } })
  const { checks } = await run({ torch: '>=2.3', verl: '0.5', toString: '1' }, profile)
  expect(checks).toMatchObject([
    {
      status: 'fail',
      value: 4,
      evidence: [
        'torch is 2.2.0, >=2.3 is asked for',
        'verl is not installed, 0.5 is asked for',
        'toString is not installed, 1 is asked for',
        `version.json describes another, the definition runs ${image}`,
      ],
    },
  ])
})

it('warns in smoke and fails in prod when there is no file and versions are asked for', async () => {
  expect(notPassed((await run({ torch: '2.6' }, 'smoke')).checks)).toEqual([`environment ${key}: warn`])
  expect(notPassed((await run({ torch: '2.6' }, 'prod')).checks)).toEqual([`environment ${key}: fail`])
  expect(await run()).toEqual({ checks: [], files: {} })
})

it.each(['', '{}', '{"versions":{"torch":2}}', '[]'])('fails on a file that is none: %j', async (text) => {
  await store(text)
  expect((await run()).checks).toMatchObject([{ status: 'fail', evidence: [expect.stringContaining(key)] }])
})
