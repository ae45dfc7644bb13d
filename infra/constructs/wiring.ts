import type { Config } from '../config.ts'
import type { ComputeStack } from '../stacks/compute-stack.ts'
import type { DataStack } from '../stacks/data-stack.ts'
import type { Machine } from './state-machine.ts'

/** What a function's grants can point at. Machines exist for functions that work with executions, which no step does. */
export interface Wiring {
  config: Config
  data: Pick<DataStack, 'control' | 'metrics' | 'bucket' | 'signingKey'>
  compute: Pick<ComputeStack, 'queueArns' | 'dataQueueArn' | 'definitionPrefix' | 'jobLogGroup'>
  /** By the name of their file. */
  pipeline?: { machines: Readonly<Record<string, Machine>> }
}
