import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { readConfig } from '../../infra/config.ts'

const run = promisify(execFile)

it.each([
  [{ stage: 'dev' }, { stage: 'dev', retention: 'destroy' }],
  [{ stage: 'prod' }, { stage: 'prod', retention: 'retain' }],
  [
    { stage: 'ci-7', retention: 'retain' },
    { stage: 'ci-7', retention: 'retain' },
  ],
  [
    { stage: 'dev', region: 'us-gov-west-1' },
    { stage: 'dev', retention: 'destroy', region: 'us-gov-west-1' },
  ],
  ['{"stage":"dev"}', { stage: 'dev', retention: 'destroy' }],
])('%j is a config', (context, config) => {
  expect(readConfig(context)).toEqual(config)
})

it.each([
  [undefined, 'sluice is missing: it must be an object such as {"stage":"dev"}'],
  ['prod', 'sluice is "prod": it must be an object such as {"stage":"dev"}'],
  [[], 'sluice is []: it must be an object'],
  [{}, 'sluice.stage is missing: it must be 1 to 16 of a-z, 0-9 and -, a letter first'],
  [{ stage: 'Prod' }, 'sluice.stage is "Prod": it must be 1 to 16 of'],
  [{ stage: 'seventeen-letters' }, 'sluice.stage is "seventeen-letters": it must be 1 to 16 of'],
  [{ stage: 3 }, 'sluice.stage is 3: it must be'],
  [{ stage: 'dev', region: 'Frankfurt' }, 'sluice.region is "Frankfurt": it must be an AWS region such as eu-west-1'],
  [{ stage: 'dev', retention: 'keep' }, 'sluice.retention is "keep": it must be retain or destroy'],
  [
    { stage: 'prod', retention: 'destroy' },
    'sluice.retention is "destroy": it must be retain, because the stage is prod',
  ],
  [{ stage: 'dev', regoin: 'eu-west-1' }, 'sluice has no key regoin: the keys are stage, region, retention'],
])('%j is refused, naming the key and what it may be', (context, message) => {
  expect(() => readConfig(context)).toThrow(message)
})

it('every wrong key is named at once', () => {
  const refuse = () => readConfig({ stage: 'Prod', region: 'mars', retention: 'keep', colour: 'red' })
  for (const key of ['sluice.stage', 'sluice.region', 'sluice.retention', 'colour']) expect(refuse).toThrow(key)
})

it('the command of cdk.json fails at synth on a wrong config', async () => {
  const [program = '', ...args] = (JSON.parse(readFileSync('cdk.json', 'utf8')) as { app: string }).app.split(' ')
  const env = { PATH: process.env.PATH, CDK_CONTEXT_JSON: '{"sluice":{"stage":"Prod"}}' }
  const failed = await run(program, args, { env }).catch((error: { code: number; stderr: string }) => error)
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('sluice.stage is "Prod"') })
})
