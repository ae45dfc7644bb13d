import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readBuilderConfig } from '../../adapters/aws/config.ts'
import { manifest } from '../../functions/manifest.ts'
import { type EvaluateOnExit, evaluateOnExit } from './support/evaluate-on-exit.ts'
import { statementsOfRole } from './support/iam.ts'
import { configs, ofType, synth } from './support/synth.ts'

const compute = synth('dev').templates.compute ?? { Resources: {} }
const [, definition = {}] =
  ofType(compute, 'AWS::Batch::JobDefinition').find(
    ([, each]) => each.JobDefinitionName === 'sluice-dev-data-builder',
  ) ?? []
const container = definition.ContainerProperties as Record<string, unknown>
const rightsOf = (id: string) => {
  const [role] = ofType(compute, 'AWS::IAM::Role').find(([each]) => each.startsWith(id)) ?? ['']
  return statementsOfRole(compute, role)
}

describe('the definition of the data builder', () => {
  it('says what the config says, in the words of Fargate', () => {
    const { image } = configs.dev.dataBuilder
    expect(definition).toMatchObject({
      PlatformCapabilities: ['FARGATE'],
      PropagateTags: true,
      Timeout: { AttemptDurationSeconds: 86_400 },
    })
    expect(container).toMatchObject({
      Image: image,
      ResourceRequirements: [
        { Type: 'VCPU', Value: '8' },
        { Type: 'MEMORY', Value: '32768' },
      ],
      EphemeralStorage: { SizeInGiB: 150 },
      // There is no NAT.
      NetworkConfiguration: { AssignPublicIp: 'ENABLED' },
      LinuxParameters: { InitProcessEnabled: true },
    })
    for (const notOfFargate of ['Privileged', 'InstanceType', 'Ulimits'])
      expect(container).not.toHaveProperty(notOfFargate)
    expect(container.LinuxParameters).not.toHaveProperty('SharedMemorySize')
  })

  it('tells the process what it asks for, together with what a build adds', () => {
    const given = (container.Environment as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value])
    const variables = { ...Object.fromEntries(given), SLUICE_BUILD_URI: 's3://b/builds/bld-1/spec.json' }
    const told = { bucket: 'b', build: 'bld-1', scratch: '/scratch', threads: 8 }
    expect(readBuilderConfig(variables)).toEqual(told)
    expect(() => readBuilderConfig({})).toThrow(/SLUICE_BUILD_URI .*SLUICE_SCRATCH .*SLUICE_THREADS/)
  })

  it('writes where the image lets it', () => {
    const dockerfile = readFileSync('containers/data-builder/Dockerfile', 'utf8')
    const [, directory] = /mkdir (\S+) && chown node:node \1/.exec(dockerfile) ?? []
    expect(container.Environment).toContainEqual({ Name: 'SLUICE_SCRATCH', Value: directory })
    expect(dockerfile).toMatch(/^FROM node:24/m)
    expect(dockerfile).toMatch(/^CMD \["node", .*"index\.mjs"\]$/m)
    expect(container.RuntimePlatform).toEqual({ CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' })
    expect(dockerfile).toContain('--platform linux/amd64')
  })
})

describe('what Batch repeats of a build', () => {
  const entries = (definition.RetryStrategy as { EvaluateOnExit: EvaluateOnExit[] }).EvaluateOnExit
  const exited = 'Essential container in task exited'

  it.each([
    ['RETRY', { statusReason: 'Your Spot Task was interrupted.', exitCode: 143 }],
    ['RETRY', { statusReason: exited, reason: 'Your Spot Task was interrupted.', exitCode: 143 }],
    ['RETRY', { statusReason: 'Task failed to start', reason: 'CannotPullContainerError: pull access denied' }],
    ['EXIT', { statusReason: exited, exitCode: 65 }],
    ['EXIT', { statusReason: exited, exitCode: 1 }],
    ['EXIT', { statusReason: exited, reason: 'OutOfMemoryError: Container killed due to memory usage', exitCode: 137 }],
    ['EXIT', { statusReason: 'the build was cancelled', exitCode: 143 }],
    ['EXIT', { statusReason: 'Job attempt duration exceeded timeout', exitCode: 137 }],
  ])('%s: %j', (action, exit) => {
    expect(evaluateOnExit(entries, exit as never)).toBe(action)
  })

  it('is said in five entries, the most that Batch takes', () => {
    expect(entries).toHaveLength(5)
  })
})

describe('the roles of the data builder', () => {
  it('read datasets and builds, write them, and delete data that no manifest names yet, like run-build', () => {
    const rights = rightsOf('DataBuilderJob').flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`)),
    )
    const objects = ['GetObject', 'PutObject', 'AbortMultipartUpload'].flatMap((action) =>
      ['builds/*', 'datasets/*'].map((key) => `s3:${action} {Blobs.Arn}/${key}`),
    )
    const expected = [...objects, 's3:ListBucket {Blobs.Arn}', 's3:DeleteObject {Blobs.Arn}/datasets/*/data-*.jsonl']
    expect([...new Set(rights)].toSorted()).toEqual(expected.toSorted())
    const { blobs } = manifest.find(({ name }) => name === 'run-build')?.grants ?? {}
    expect(blobs).toEqual({
      read: ['datasets/*', 'builds/*'],
      write: ['datasets/*', 'builds/*'],
      delete: ['datasets/*/data-*.jsonl'],
    })
  })

  it('pull its image and no other, and write its log', () => {
    const rights = rightsOf('DataBuilderExecution').map(({ actions, resources }) => [actions[0], resources])
    expect(rights).toEqual([
      ['logs:CreateLogStream', [expect.stringMatching(/^\{JobLog\w*\.Arn\}$/)]],
      ['ecr:GetAuthorizationToken', ['*']],
      ['ecr:BatchCheckLayerAvailability', ['arn:aws:ecr:eu-west-1:123456789012:repository/sluice/data-builder']],
    ])
  })

  it('are not there where nothing says what to run', () => {
    const roles = ofType(synth('prod').templates.compute ?? { Resources: {} }, 'AWS::IAM::Role').map(([id]) => id)
    expect(roles.filter((id) => id.startsWith('DataBuilder'))).toEqual([])
  })
})
