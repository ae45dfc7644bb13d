import * as z from 'zod'
import { checkBlobKey } from '../../core/platform/blob-key.ts'
import { Fault } from '../../core/platform/fault.ts'
import type {
  Blobs,
  Compute,
  Endpoints,
  Platform,
  Schedules,
  Scratch,
  Secrets,
  Signer,
  Table,
  Workers,
  Workflows,
} from '../../core/platform/ports.ts'
import { systemClock as clock } from '../system/clock.ts'
import { createIds } from '../system/ids.ts'
import { attemptMs, clientOptions, transferMs } from './client-options.ts'
import { required } from './config.ts'
import type { Environment, EnvironmentName } from './environment.ts'
import { lazyMethods, once } from './lazy.ts'

/**
 * The platform on AWS, as the function's environment describes it. Nothing of a driver or of its SDK client is loaded before its
 * first use, so a cold start pays only for what its request touches. Fault `internal` when a variable is missing.
 */
export function createPlatform(environment: Environment, { workerEntry }: { workerEntry?: URL } = {}): Platform {
  const need = <Name extends EnvironmentName>(name: Name) => required(environment, name)
  const dynamo = once(async () => (await import('./table.ts')).createDynamoClient({}))
  const table = (name: EnvironmentName, publishes: boolean) =>
    lazyMethods<Table>(['get', 'put', 'delete', 'query'], async () => {
      const tableName = String(need(name))
      const { createTable } = await import('./table.ts')
      return createTable({ client: await dynamo(), tableName, publishes })
    })

  return {
    table: table('SLUICE_CONTROL_TABLE', true),
    metrics: table('SLUICE_METRICS_TABLE', false),
    blobs: lazyBlobs(
      () => need('SLUICE_BUCKET'),
      () => need('SLUICE_TIMEOUT_SECONDS'),
    ),
    compute: lazyMethods<Compute>(
      ['submit', 'describe', 'listActive', 'terminate', 'describeDefinition', 'logTail'],
      async () => {
        const queues = need('SLUICE_JOB_QUEUES').split(',')
        const [{ createCompute }, { BatchClient }, { CloudWatchLogsClient }] = await Promise.all([
          import('./compute.ts'),
          import('@aws-sdk/client-batch'),
          import('@aws-sdk/client-cloudwatch-logs'),
        ])
        return createCompute({
          batch: new BatchClient(clientOptions(attemptMs.control)),
          logs: new CloudWatchLogsClient(clientOptions(attemptMs.control)),
          clock,
          queues,
          definitionPrefix: need('SLUICE_JOB_DEFINITION_PREFIX'),
          diskBytes: need('SLUICE_DISK_GIB') * 2 ** 30,
          // Only a function that may read logs knows where they are.
          get logGroup() {
            return need('SLUICE_JOB_LOG_GROUP')
          },
        })
      },
    ),
    workflows: lazyMethods<Workflows>(['start', 'describe', 'stop'], async () => {
      const machines = machinesIn(need('SLUICE_STATE_MACHINES'))
      const [{ createWorkflows }, { SFNClient }] = await Promise.all([
        import('./workflows.ts'),
        import('@aws-sdk/client-sfn'),
      ])
      return createWorkflows({ sfn: new SFNClient(clientOptions(attemptMs.control)), machines })
    }),
    schedules: lazyMethods<Schedules>(['put', 'delete'], async () => {
      const places = {
        group: need('SLUICE_SCHEDULE_GROUP'),
        targetArn: need('SLUICE_SCHEDULE_TARGET'),
        roleArn: need('SLUICE_SCHEDULE_ROLE'),
        dlqArn: need('SLUICE_SCHEDULE_DLQ'),
      }
      const [{ createSchedules }, { SchedulerClient }] = await Promise.all([
        import('./schedules.ts'),
        import('@aws-sdk/client-scheduler'),
      ])
      return createSchedules({ scheduler: new SchedulerClient(clientOptions(attemptMs.control)), ...places })
    }),
    secrets: lazyMethods<Secrets>(['read'], async () => {
      const { createSecrets } = await import('./secrets.ts')
      return createSecrets({ client: clientOptions(attemptMs.control), stage: environment.SLUICE_STAGE, clock })
    }),
    signer: lazyMethods<Signer>(['sign', 'publicKey'], async () => {
      const keyArn = need('SLUICE_SIGNING_KEY')
      const { createSigner } = await import('./signer.ts')
      return createSigner({ client: clientOptions(attemptMs.control), key: keyArn })
    }),
    scratch: lazyMethods<Scratch>(['open'], async () => {
      const directory = need('SLUICE_SCRATCH')
      const [{ createScratch }, { rm }] = await Promise.all([
        import('../system/scratch.ts'),
        import('node:fs/promises'),
      ])
      // Lambda starts a function that ran out of time anew, and leaves it the /tmp of before, which may be full.
      await rm(directory, { recursive: true, force: true })
      return createScratch(directory)
    }),
    workers: lazyWorkers(workerEntry),
    endpoints: lazyMethods<Endpoints>(['post'], async () => {
      const { createEndpoints } = await import('../system/endpoints.ts')
      return createEndpoints()
    }),
    clock,
    ids: createIds(clock),
  }
}

/** A function has at most two processors of its own, whatever the machine under it shows. */
const workerThreads = 2

function lazyWorkers(entry: URL | undefined): Workers {
  const pool = once(async () => {
    if (!entry) throw new Fault('internal', 'this process has no worker threads: its entry names no worker file')
    const { createThreadPool } = await import('../system/thread-pool.ts')
    return createThreadPool({ entry, size: workerThreads })
  })
  return { size: workerThreads, run: async (request) => (await pool()).run(request) }
}

function lazyBlobs(bucketName: () => string, functionSeconds: () => number): Blobs {
  const load = once(async () => {
    const bucket = bucketName()
    const client = clientOptions(transferMs(functionSeconds()))
    const { createBlobs } = await import('./blobs.ts')
    return createBlobs({ client, bucket, clock })
  })
  return {
    ...lazyMethods<Omit<Blobs, 'read' | 'uri'>>(['put', 'get', 'head', 'list', 'delete', 'presign'], load),
    async *read(key) {
      yield* (await load()).read(key)
    },
    uri: (key) => `s3://${bucketName()}/${checkBlobKey(key)}`,
  }
}

function machinesIn(text: string): Record<string, string> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(text))
  } catch (cause) {
    throw new Fault('internal', `SLUICE_STATE_MACHINES is not a JSON object of ARNs by machine: ${text}`, { cause })
  }
}
