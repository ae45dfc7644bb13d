import { SFNClient } from '@aws-sdk/client-sfn'
import { clientOptions } from '../../adapters/aws/client-options.ts'
import { createWorkflows } from '../../adapters/aws/workflows.ts'
import type { Execution, Workflows } from '../../core/platform/ports.ts'
import { until } from './asl-until.ts'

export interface StatesFixture {
  workflows: Workflows
  settled(name: string): Promise<Execution>
  close(): void
}

/** The workflows driver against a server at `endpoint`. */
export function openStates(endpoint: string, machines: Record<string, string>): StatesFixture {
  const sfn = new SFNClient({
    ...clientOptions(5_000),
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret' },
  })
  const workflows = createWorkflows({ sfn, machines })
  return {
    workflows,
    settled: (name) =>
      until(`execution ${name} to end`, async () => {
        const execution = await workflows.describe(name)
        return execution && execution.status !== 'pending' && execution.status !== 'running' && execution
      }),
    close: () => sfn.destroy(),
  }
}
