import type { DescribeExecutionCommandOutput, ExecutionStatus as SfnStatus } from '@aws-sdk/client-sfn'
import { Fault } from '../../core/platform/fault.ts'
import type { Execution, ExecutionStatus, Json } from '../../core/platform/ports.ts'

const statuses: Record<SfnStatus, ExecutionStatus> = {
  RUNNING: 'running',
  // It goes on when the redrive of its parent reaches it.
  PENDING_REDRIVE: 'pending',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed_out',
  ABORTED: 'aborted',
}

/** An execution of Step Functions as the port tells it. Fault `internal` when Step Functions leaves out what every execution has. */
export function executionOf(machine: string, name: string, described: DescribeExecutionCommandOutput): Execution {
  const { status, startDate, stopDate, input, output, error, cause } = described
  if (status === undefined || startDate === undefined || input === undefined)
    throw new Fault(
      'internal',
      `Step Functions described execution "${name}" of "${machine}" without its status, start date or input; check kms:Decrypt`,
    )
  return {
    name,
    machine,
    status: statuses[status],
    input: JSON.parse(input) as Json,
    startedAt: startDate.toISOString(),
    ...(output !== undefined && { output: JSON.parse(output) as Json }),
    ...(error && { error }),
    ...(cause && { cause }),
    ...(stopDate && hasEnded(statuses[status]) && { stoppedAt: stopDate.toISOString() }),
  }
}

/** Whether nothing will change any more. */
export function hasEnded(status: ExecutionStatus): boolean {
  return status !== 'pending' && status !== 'running'
}
