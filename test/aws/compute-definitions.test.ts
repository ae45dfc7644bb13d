import { BatchClient, DescribeJobDefinitionsCommand, type JobDefinition } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, it } from 'vitest'
import { createCompute } from '../../adapters/aws/compute.ts'
import { systemClock } from '../../adapters/system/clock.ts'

const batch = mockClient(BatchClient)
const image = `registry.example.com/trl@sha256:${'a'.repeat(64)}`
const compute = createCompute({
  batch: new BatchClient({ region: 'eu-west-1' }),
  logs: new CloudWatchLogsClient({ region: 'eu-west-1' }),
  clock: systemClock,
  queues: ['queue'],
  definitionPrefix: 'sluice-',
  logGroup: 'log',
  diskBytes: 200e9,
})

beforeEach(() => {
  batch.reset()
})

function deployed(...definitions: Partial<JobDefinition>[]): void {
  batch.on(DescribeJobDefinitionsCommand).resolves({
    jobDefinitions: definitions.map((each) => ({
      jobDefinitionName: 'sluice-trl',
      jobDefinitionArn: 'arn',
      revision: 1,
      type: 'container',
      ...each,
    })),
  })
}
const container = (gpus?: string) => ({
  image,
  resourceRequirements: [
    { type: 'VCPU' as const, value: '4' },
    ...(gpus === undefined ? [] : [{ type: 'GPU' as const, value: gpus }]),
  ],
})

it('reads image and GPUs from the definition, memory and price from its tags', async () => {
  const tags = { 'sluice:gpu-memory-gb': '24', 'sluice:usd-per-hour': '1.212' }
  deployed({ containerProperties: container('4'), tags })
  expect(await compute.describeDefinition('trl')).toEqual({
    freeDiskBytes: 200e9,
    image,
    gpus: 4,
    gpuMemoryBytes: 24e9,
    usdPerHour: 1.212,
  })
})

it('speaks of the newest revision, which is the one that a submit starts', async () => {
  const older = { revision: 9, containerProperties: { ...container(), image: 'older' } }
  deployed({ revision: 2 }, { revision: 10, containerProperties: container() }, older)
  expect(await compute.describeDefinition('trl')).toMatchObject({ image, gpus: 0 })
})

it.each([
  [{}],
  [{ tags: { 'sluice:gpu-memory-gb': '', 'sluice:usd-per-hour': 'much' } }],
  [{ tags: { 'sluice:gpu-memory-gb': '-1', 'sluice:usd-per-hour': 'Infinity' } }],
])('does not guess what the definition does not say: %j', async (definition) => {
  deployed(definition)
  expect(await compute.describeDefinition('trl')).toMatchObject({
    image: null,
    gpus: null,
    gpuMemoryBytes: null,
    usdPerHour: null,
  })
})
