import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Environment } from '../../adapters/aws/environment.ts'
import { type Deployable, manifest } from '../../functions/manifest.ts'
import { type Deployed, deployed } from './support/functions.ts'
import { configs, everyTemplate, ofType, synth } from './support/synth.ts'

const names = manifest.map(({ name }) => name)
const full = deployed('full')

function functionNamed(name: string, all: Deployed[] = full): Deployed {
  const found = all.find((each) => each.name === name)
  if (!found) throw new Error(`function ${name} is not deployed`)
  return found
}

describe('every entry of the manifest', () => {
  it('is deployed once; the authorizer only where the config has tokens to check', () => {
    expect(full.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
    const dev = deployed('dev').map(({ name }) => name)
    expect(names.filter((name) => !dev.includes(name))).toEqual(['authorize'])
  })

  const entries: Record<Deployable['family'], (name: string) => string> = {
    api: () => 'functions/api/lambda.ts',
    stream: () => 'functions/api/stream-lambda.ts',
    authorizer: () => 'functions/api/authorizer-lambda.ts',
    steps: (name) => `functions/steps/${name}.ts`,
    events: (name) => `functions/events/${name}.ts`,
  }

  it.each(manifest)('$name has its file', ({ name, family }) => {
    expect(existsSync(entries[family](name)), entries[family](name)).toBe(true)
  })

  /** What names a function that is triggered so. */
  const triggers: Record<Deployable['trigger']['kind'], string> = {
    http: 'AWS::ApiGateway::Method',
    authorizer: 'AWS::ApiGateway::Authorizer',
    step: 'AWS::StepFunctions::StateMachine',
    event: 'AWS::Events::Rule',
    'aws-event': 'AWS::Events::Rule',
    schedule: 'AWS::Scheduler::Schedule',
    // A user's schedule is made later: only the role by which it invokes the function is here.
    timer: 'AWS::IAM::Policy',
  }

  it.each(manifest)('$name is started by what its trigger says', ({ name, trigger }) => {
    const { template, id } = functionNamed(name)
    const naming = Object.values(template.Resources).filter((each) => JSON.stringify(each).includes(`["${id}","Arn"]`))
    expect(naming.map(({ Type }) => Type)).toContain(triggers[trigger.kind])
  })
})

describe('every function', () => {
  it.each(full)(
    '$name runs Node 24 on ARM, with the limits of the manifest and without X-Ray',
    ({ name, properties }) => {
      const entry = manifest.find((each) => each.name === name)
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        Timeout: entry?.timeoutSeconds,
        MemorySize: entry?.memoryMb,
      })
      expect(properties).not.toHaveProperty('TracingConfig')
      expect(properties.LoggingConfig).toMatchObject({
        LogFormat: 'JSON',
        SystemLogLevel: 'WARN',
        ApplicationLogLevel: 'INFO',
      })
    },
  )

  it.each(full)('$name has the disk that its grants say, or what every function has', ({ name, properties }) => {
    const gib = manifest.find((each) => each.name === name)?.grants.scratchGib
    expect(properties.EphemeralStorage).toEqual(gib === undefined ? undefined : { Size: gib * 1024 })
  })

  it.each(full)(
    '$name writes to a log group of its own, kept as long as the config says',
    ({ properties, template }) => {
      const { LogGroup } = properties.LoggingConfig as { LogGroup: { Ref: string } }
      expect(template.Resources[LogGroup.Ref]).toMatchObject({
        Type: 'AWS::Logs::LogGroup',
        Properties: { RetentionInDays: configs.full.logRetentionDays },
      })
      const groups = full.map((each) => (each.properties.LoggingConfig as { LogGroup: { Ref: string } }).LogGroup.Ref)
      expect(new Set(groups).size).toBe(full.length)
    },
  )

  it('has a role of its own', () => {
    expect(new Set(full.map(({ role }) => role)).size).toBe(full.length)
  })

  it.each(full)(
    '$name is told what the schema of the environment knows, and reads it back',
    ({ name, environment }) => {
      expect(Object.keys(environment).filter((key) => !(key in Environment.shape))).toEqual([])
      expect(Environment.parse(environment)).toMatchObject({ SLUICE_FUNCTION: name, SLUICE_STAGE: 'full' })
    },
  )

  it.each(full)('$name is told of what its grants allow, and of nothing else', ({ name, environment }) => {
    const entry = manifest.find((each) => each.name === name)
    expect(Object.keys(environment).toSorted()).toEqual(variablesOf(entry as Deployable).toSorted())
  })

  it('finds the state machines by name, each by its alias', () => {
    const { SLUICE_STATE_MACHINES = '{}' } = functionNamed('start-job').environment
    expect(JSON.parse(SLUICE_STATE_MACHINES)).toEqual({
      'dataset-build': expect.stringMatching(/^\{DatasetBuildLive\w*\.Arn\}$/),
      'training-pipeline': expect.stringMatching(/^\{TrainingPipelineLive\w*\.Arn\}$/),
    })
  })

  it('finds every queue, spot first where there is spot, that of builds last', () => {
    const queues = (config: keyof typeof configs) =>
      functionNamed('reconcile', deployed(config)).environment.SLUICE_JOB_QUEUES?.split(',')
    expect(queues('dev')).toEqual([
      '{SpotQueueJobQueueArn}',
      '{OnDemandQueueJobQueueArn}',
      expect.stringMatching(/^\{DataBuilderQueue/),
    ])
    expect(queues('full')).toEqual(['{OnDemandQueueJobQueueArn}', expect.stringMatching(/^\{DataBuilderQueue/)])
  })
})

it('every log group of every stack forgets when the config says', () => {
  const groups = everyTemplate().flatMap(([name, template]) =>
    ofType(template, 'AWS::Logs::LogGroup').map(([id, { RetentionInDays }]) => ({ name, id, days: RetentionInDays })),
  )
  expect(groups.length).toBeGreaterThan(60)
  for (const { name, id, days } of groups)
    expect([name, id, days]).toEqual([name, id, name.startsWith('full ') ? configs.full.logRetentionDays : 30])
})

it('functions of one family share one bundle', () => {
  for (const family of new Set(manifest.map((each) => each.family))) {
    const keys = manifest
      .filter((each) => each.family === family)
      .map(({ name }) => JSON.stringify(functionNamed(name).properties.Code))
    expect(new Set(keys).size).toBe(1)
  }
})

it('nothing is looked up, built in Docker or asked of an account', () => {
  for (const name of Object.keys(configs) as (keyof typeof configs)[]) {
    const { assembly } = synth(name)
    expect(assembly.manifest.missing ?? []).toEqual([])
    expect(new Set(assembly.stacks.map(({ environment }) => environment.account))).toEqual(new Set(['unknown-account']))
    for (const { stackName } of assembly.stacks) {
      const assets = JSON.parse(readFileSync(`${assembly.directory}/${stackName}.assets.json`, 'utf8'))
      expect(assets.dockerImages).toEqual({})
    }
  }
})

function variablesOf({ family, grants }: Deployable): string[] {
  const when = (condition: unknown, ...variables: string[]) => (condition ? variables : [])
  return [
    'SLUICE_FUNCTION',
    'SLUICE_STAGE',
    ...when(grants.table, 'SLUICE_CONTROL_TABLE'),
    ...when(grants.metrics, 'SLUICE_METRICS_TABLE'),
    ...when(grants.blobs, 'SLUICE_BUCKET'),
    ...when(grants.blobs, 'SLUICE_TIMEOUT_SECONDS'),
    ...when(grants.scratchGib, 'SLUICE_SCRATCH'),
    ...when(grants.signer, 'SLUICE_SIGNING_KEY'),
    ...when(grants.compute, 'SLUICE_JOB_QUEUES', 'SLUICE_JOB_DEFINITION_PREFIX', 'SLUICE_DISK_GIB'),
    ...when(grants.compute?.includes('logs'), 'SLUICE_JOB_LOG_GROUP'),
    ...when(grants.workflows, 'SLUICE_STATE_MACHINES'),
    ...when(
      grants.schedules,
      'SLUICE_SCHEDULE_GROUP',
      'SLUICE_SCHEDULE_TARGET',
      'SLUICE_SCHEDULE_ROLE',
      'SLUICE_SCHEDULE_DLQ',
    ),
    ...when(family === 'authorizer', 'SLUICE_JWT_ISSUER', 'SLUICE_JWT_AUDIENCE'),
  ]
}
