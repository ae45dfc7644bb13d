import { BatchClient } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { clientOptions } from '../../adapters/aws/client-options.ts'
import { type ComputeConfig, createCompute } from '../../adapters/aws/compute.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import type { Compute, ComputeRecord } from '../../core/platform/ports.ts'
import { until } from './asl-until.ts'

export interface BatchFixture {
  compute: Compute
  ended(name: string): Promise<ComputeRecord>
  printed(name: string, line: string): Promise<void>
  close(): void
}

/** The compute driver against a server at `endpoint`, with the client settings of production. */
export function openBatch(
  endpoint: string,
  config: Pick<ComputeConfig, 'queues' | 'definitionPrefix' | 'logGroup'> & Partial<ComputeConfig>,
  { patienceMs, requestMs = 5_000 }: { patienceMs?: number; requestMs?: number } = {},
): BatchFixture {
  const options = {
    ...clientOptions(requestMs),
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret' },
  }
  const batch = new BatchClient(options)
  const logs = new CloudWatchLogsClient(options)
  const compute = createCompute({ batch, logs, clock: systemClock, diskBytes: 200 * 2 ** 30, ...config })
  return {
    compute,
    ended: (name) =>
      until(
        `job ${name} to end`,
        async () => {
          const record = await compute.describe(name)
          return (record?.status === 'succeeded' || record?.status === 'failed') && record
        },
        patienceMs,
      ),
    async printed(name, line) {
      const printed = async () => (await compute.logTail(name, 50)).includes(line)
      await until(`"${line}" in the log of ${name}`, printed, patienceMs)
    },
    close() {
      batch.destroy()
      logs.destroy()
    },
  }
}
