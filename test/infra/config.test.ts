import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../infra/config.ts'

const run = promisify(execFile)

const defaults = {
  retention: 'destroy',
  spot: true,
  instanceTypes: ['g5.xlarge', 'g5.2xlarge', 'g6.xlarge'],
  maxVcpus: 64,
  diskGib: 200,
  queueWaitMinutes: 60,
  console: false,
  logRetentionDays: 30,
  trainers: [],
}
const image = `ghcr.io/example/trl@sha256:${'0'.repeat(64)}`
const trainer = { name: 'trl', image, gpus: 1, vcpus: 4, memoryMib: 14_000 }
const jwt = { issuer: 'https://issuer.example.com', audience: 'sluice' }
const dev = (keys: object) => ({ stage: 'dev', ...keys })

it.each([
  [dev({}), dev(defaults)],
  ['{"stage":"dev"}', dev(defaults)],
  [{ stage: 'prod' }, { ...defaults, stage: 'prod', retention: 'retain' }],
  [
    { stage: 'ci-7', retention: 'retain' },
    { ...defaults, stage: 'ci-7', retention: 'retain' },
  ],
  [dev({ region: 'us-gov-west-1' }), dev({ ...defaults, region: 'us-gov-west-1' })],
  [dev({ trainers: [trainer] }), dev({ ...defaults, trainers: [trainer] })],
  [
    dev({ dataBuilder: { image } }),
    dev({ ...defaults, dataBuilder: { image, vcpus: 4, memoryMib: 16_384, ephemeralGib: 100 } }),
  ],
  [
    dev({ dataBuilder: { image, vcpus: 16, memoryMib: 122_880, ephemeralGib: 200 } }),
    dev({ ...defaults, dataBuilder: { image, vcpus: 16, memoryMib: 122_880, ephemeralGib: 200 } }),
  ],
  [
    dev({ spot: false, instanceTypes: ['p5.48xlarge', 'g4dn.metal', 'p4de.24xlarge'], jwt }),
    dev({ ...defaults, spot: false, instanceTypes: ['p5.48xlarge', 'g4dn.metal', 'p4de.24xlarge'], jwt }),
  ],
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
  [dev({ region: 'Frankfurt' }), 'sluice.region is "Frankfurt": it must be an AWS region such as eu-west-1'],
  [dev({ retention: 'keep' }), 'sluice.retention is "keep": it must be retain or destroy'],
  [
    { stage: 'prod', retention: 'destroy' },
    'sluice.retention is "destroy": it must be retain, because the stage is prod',
  ],
  [dev({ spot: 'yes' }), 'sluice.spot is "yes": it must be true or false'],
  [dev({ instanceTypes: [] }), 'sluice.instanceTypes is []: it must be a list of EC2 types with NVIDIA GPUs'],
  [dev({ instanceTypes: ['g5.xlarge', 'm5.large'] }), 'sluice.instanceTypes[1] is "m5.large": it must be'],
  [dev({ instanceTypes: ['g5'] }), 'sluice.instanceTypes[0] is "g5"'],
  [dev({ maxVcpus: 0 }), 'sluice.maxVcpus is 0: it must be a whole number from 1 to 10000'],
  [dev({ diskGib: 49 }), 'sluice.diskGib is 49: it must be a whole number from 50'],
  [dev({ queueWaitMinutes: 9 }), 'sluice.queueWaitMinutes is 9: it must be a whole number from 10 to 1440'],
  [dev({ queueWaitMinutes: 1441 }), 'sluice.queueWaitMinutes is 1441'],
  [dev({ alarmEmail: 'ops' }), 'sluice.alarmEmail is "ops": it must be an e-mail address'],
  [dev({ monthlyBudgetUsd: 0 }), 'sluice.monthlyBudgetUsd is 0: it must be a number above 0'],
  [dev({ monthlyBudgetUsd: 5 }), 'sluice.monthlyBudgetUsd is 5: it must be left out, or come with alarmEmail'],
  [dev({ jwt: { issuer: 'http://x.org', audience: 'a' } }), 'sluice.jwt.issuer is "http://x.org": it must be an https'],
  [dev({ jwt: { issuer: 'https://x.org' } }), 'sluice.jwt.audience is missing: it must be a text'],
  [dev({ jwt: true }), 'sluice.jwt is true: it must be an object of issuer and audience'],
  [dev({ console: 1 }), 'sluice.console is 1: it must be true or false'],
  [dev({ logRetentionDays: 31 }), 'sluice.logRetentionDays is 31: it must be 1, 3, 5, 7, 14, 30, 60'],
  [dev({ logRetentionDays: 9999 }), 'sluice.logRetentionDays is 9999'],
  [dev({ console: true }), 'sluice.console is true: it must be false, or come with jwt'],
  [dev({ metricsRetentionDays: 90 }), 'sluice has no key metricsRetentionDays: the keys are stage'],
  [dev({ trainers: {} }), 'sluice.trainers is {}: it must be a list of objects'],
  [dev({ trainers: ['trl'] }), 'sluice.trainers[0] is "trl": it must be an object with name, image'],
  [
    dev({ trainers: [{ ...trainer, image: 'trl:latest' }] }),
    'sluice.trainers[0].image is "trl:latest": it must be a co',
  ],
  [dev({ trainers: [{ ...trainer, gpus: 9 }] }), 'sluice.trainers[0].gpus is 9: it must be a whole number from 0 to 8'],
  [dev({ trainers: [{ ...trainer, capacity: 'spot' }] }), 'sluice.trainers[0] has no key capacity: the keys are name'],
  [dev({ dataBuilder: true }), 'sluice.dataBuilder is true: it must be an object with image'],
  [dev({ dataBuilder: {} }), 'sluice.dataBuilder.image is missing: it must be a container image pinned by its digest'],
  [dev({ dataBuilder: { image, vcpus: 3 } }), 'sluice.dataBuilder.vcpus is 3: it must be 1, 2, 4, 8 or 16'],
  [
    dev({ dataBuilder: { image, memoryMib: 4096 } }),
    "sluice.dataBuilder.memoryMib is 4096: it must be one of Fargate's sizes for its vcpus: 1: 2048 to 8192",
  ],
  [dev({ dataBuilder: { image, vcpus: 8, memoryMib: 17_408 } }), 'sluice.dataBuilder.memoryMib is 17408'],
  [dev({ dataBuilder: { image, ephemeralGib: 20 } }), 'ephemeralGib is 20: it must be a whole number from 21 to 200'],
  [dev({ dataBuilder: { image, gpus: 1 } }), 'sluice.dataBuilder has no key gpus: the keys are image, vcpus'],
  [
    dev({ trainers: [{ ...trainer, name: 'data-builder' }] }),
    'it must be a list in which no trainer has the name data-builder',
  ],
  [dev({ trainers: [trainer, trainer] }), 'it must be a list in which every name occurs once'],
  [
    dev({ regoin: 'eu-west-1' }),
    'sluice has no key regoin: did you mean region? The keys are stage, region, retention',
  ],
  [dev({ maxVcpu: 1 }), 'sluice has no key maxVcpu: did you mean maxVcpus?'],
  [dev({ colour: 'red' }), 'sluice has no key colour: the keys are stage, region, retention'],
  [
    dev({ trainers: [{ ...trainer, gpu: 1 }] }),
    'sluice.trainers[0] has no key gpu: did you mean gpus? The keys are name',
  ],
])('%j is refused, naming the key and what it may be', (context, message) => {
  expect(() => readConfig(context)).toThrow(message)
})

it('every wrong key is named at once, also one that contradicts another', () => {
  const trainers = [{ ...trainer, image: 'trl', vcpus: 0, gpu: 1 }]
  const refuse = () =>
    readConfig({ stage: 'prod', retention: 'destroy', region: 'mars', maxVcpus: 'many', colour: 'red', trainers })
  const wrong = ['retention', 'region', 'maxVcpus', 'trainers[0].image', 'trainers[0].vcpus'].map((key) => `.${key} is`)
  for (const text of [...wrong, 'colour', 'trainers[0] has no key gpu']) expect(refuse).toThrow(text)
})

it('lists the numbers of days that CloudWatch Logs has', () => {
  const message = messageOf(() => readConfig(dev({ logRetentionDays: 2 })))
  const days = (/it must be (.*), in days/.exec(message)?.[1] ?? '').split(/, | or /).map(Number)
  const known = Object.values(RetentionDays).filter((each) => typeof each === 'number')
  expect(days).toEqual(known.filter((each) => each !== RetentionDays.INFINITE))
})

describe('the command of cdk.json', () => {
  const { app, context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { app: string; context: object }
  const [program = '', ...args] = app.split(' ')
  const call = (sluice: object, outdir = '') =>
    run(program, args, {
      env: {
        PATH: process.env.PATH,
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, sluice }),
        ...(outdir && { CDK_OUTDIR: outdir }),
      },
    }).catch((error: { code: number; stderr: string }) => error)

  it('fails on a wrong config', async () => {
    const failed = await call({ stage: 'Prod' })
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('sluice.stage is "Prod"') })
  })

  it('synthesizes production in a named region, with nothing but PATH in its environment', async () => {
    const outdir = mkdtempSync(join(tmpdir(), 'sluice-command-'))
    const done = await call({ stage: 'prod', region: 'eu-west-1', trainers: [trainer] }, outdir)
    const written = readdirSync(outdir).filter((file) => file.endsWith('.template.json'))
    rmSync(outdir, { recursive: true })
    expect(done).not.toHaveProperty('code')
    expect(written).toContain('sluice-prod-pipeline.template.json')
  })
})

function messageOf(act: () => unknown): string {
  try {
    act()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
