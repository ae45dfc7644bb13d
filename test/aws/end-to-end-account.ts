import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BatchClient } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { vi } from 'vitest'
import { createCompute } from '../../adapters/aws/compute.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import type { Json } from '../../core/platform/ports.ts'
import { executionStatusChange } from '../lambda/support/aws-events.ts'
import { definitions } from '../support/asl-compute-fixture.ts'
import { startKmsServer } from '../support/kms-server.ts'
import { awsOptions, ownName } from '../support/moto.ts'
import { startS3Proxy } from '../support/s3-proxy.ts'
import { createBus } from './end-to-end-bus.ts'
import { createFunctions } from './end-to-end-functions.ts'
import { startGateway, startHttpResponse } from './end-to-end-gateway.ts'
import { createPipe } from './end-to-end-pipe.ts'
import { jobSource, objectSource } from './end-to-end-sources.ts'
import { deployedStack, functionArn } from './end-to-end-stack.ts'
import { MACHINE, startPipelineServer } from './end-to-end-states.ts'
import { createControlTable } from './table-harness.ts'

export const userArn = 'arn:aws:iam::123456789012:user/ada'
const LOOK_MS = 150

export type Account = Awaited<ReturnType<typeof startAccount>>

/** An AWS account of stand-ins with stage `dev` deployed in it. Every client made from now on, ours too, finds them by AWS_*. */
export async function startAccount() {
  const options = awsOptions()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-account-'))
  const s3Proxy = await startS3Proxy(options.endpoint, options.credentials.secretAccessKey, () => new Date())
  definitions['tiny-trainer'] = trainerDefinition(s3Proxy.endpoint, options)
  // It reads its programs when it is loaded.
  const { startBatchServer } = await import('../support/batch-server.ts')
  const [kms, states, batch] = await Promise.all([startKmsServer(), startPipelineServer(), startBatchServer(folder)])
  pointClientsAt({
    ...options,
    s3: s3Proxy.endpoint,
    kms: kms.endpoint,
    states: states.endpoint,
    batch: batch.endpoint,
  })

  const clients = {
    s3: new S3Client({}),
    batch: new BatchClient({}),
    dynamo: new DynamoDBClient({}),
    kms: new KMSClient({}),
  }
  const names = { controlTable: ownName('control'), metricsTable: ownName('metrics'), bucket: ownName('bucket') }
  await clients.s3.send(new CreateBucketCommand({ Bucket: names.bucket }))
  const streamArn = await createControlTable(clients.dynamo, names.controlTable)
  await createMetricsTable(clients.dynamo, names.metricsTable)
  const created = await clients.kms.send(
    new CreateKeyCommand({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' }),
  )
  const signingKey = created.KeyMetadata?.Arn ?? ''

  const machineAlias = states.machines[MACHINE] ?? ''
  const machine = machineAlias.slice(0, machineAlias.lastIndexOf(':'))
  const { queues, definitionPrefix, logGroup } = batch
  const [spot = '', onDemand = ''] = queues
  const stack = deployedStack({
    ...names,
    queues: [spot, onDemand],
    definitionPrefix,
    logGroup,
    signingKey,
    machine,
    machineAlias,
  })
  const functions = createFunctions(stack.functions, startHttpResponse)
  const bus = createBus(stack, (name, event) => functions.invoke(name, event))
  const compute = createCompute({
    batch: clients.batch,
    logs: new CloudWatchLogsClient({}),
    clock: systemClock,
    queues,
    definitionPrefix: '',
    logGroup,
    diskBytes: 0,
  })
  states.deploy({
    machine: stack.machine,
    compute,
    functions: Object.fromEntries(
      [...stack.functions.keys()].map((name) => [
        functionArn(name),
        async (payload: Json) => (await functions.invoke(name, payload)) as Json,
      ]),
    ),
    onEnded(name, status) {
      const event = executionStatusChange(name, status.toUpperCase())
      bus.publish({ ...event, detail: { ...event.detail, stateMachineArn: machine } }, false)
    },
  })
  const gateway = await startGateway({
    ...stack,
    stage: 'dev',
    credentials: options.credentials,
    userArn,
    invoke: functions.invoke,
  })
  const onDefaultBus = (event: object) => bus.publish(event, false)
  const sources = [
    createPipe(stack, { endpoint: options.endpoint, streamArn }, (event) => bus.publish(event, true)),
    objectSource(clients.s3, names.bucket, onDefaultBus),
    jobSource(clients.batch, queues, onDefaultBus),
  ].map((look) => startLooking(look))

  return {
    ...names,
    ...clients,
    signingKey,
    url: gateway.url,
    bus,
    functions,
    compute,
    calls: { states: states.calls, batch: batch.calls },
    async stop() {
      const failures = await Promise.all(sources.map((source) => source.stop()))
      await gateway.stop()
      await Promise.all([states.stop(), batch.stop(), kms.stop(), s3Proxy.stop()])
      for (const client of Object.values(clients)) client.destroy()
      delete definitions['tiny-trainer']
      vi.unstubAllEnvs()
      rmSync(folder, { recursive: true, force: true })
      if (failures.flat().length > 0) throw new AggregateError(failures.flat(), 'events were lost')
    },
  }
}

function trainerDefinition(endpoint: string, { region, credentials }: ReturnType<typeof awsOptions>) {
  return {
    command: [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('end-to-end-trainer.ts', import.meta.url)),
    ],
    environment: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  }
}

interface Endpoints extends ReturnType<typeof awsOptions> {
  s3: string
  kms: string
  states: string
  batch: string
}

function pointClientsAt({ region, credentials, endpoint, s3, kms, states, batch }: Endpoints): void {
  const variables = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: '',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_SCHEDULER: endpoint,
    AWS_ENDPOINT_URL_S3: s3,
    AWS_ENDPOINT_URL_KMS: kms,
    AWS_ENDPOINT_URL_SFN: states,
    AWS_ENDPOINT_URL_BATCH: batch,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: batch,
  }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}

async function createMetricsTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const keys = { pk: 'HASH', sk: 'RANGE' } as const
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: Object.keys(keys).map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: Object.entries(keys).map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
    }),
  )
}

/** Looks again and again; `stop` gives what went wrong meanwhile. */
function startLooking(look: () => Promise<void>): { stop(): Promise<unknown[]> } {
  const failures: unknown[] = []
  let isOver = false
  const loop = (async () => {
    while (!isOver) {
      await look().catch((error: unknown) => failures.push(error))
      await sleep(LOOK_MS)
    }
  })()
  return {
    async stop() {
      isOver = true
      await loop
      return failures
    },
  }
}
