import { loadMachine } from '../../adapters/embedded/asl/load.ts'
import type { Compute, Json, JsonObject } from '../../core/platform/ports.ts'
import type { Handlers } from '../support/asl-run.ts'
import { openWorkflows } from '../support/asl-workflows.ts'
import { type StatesServer, startStatesServer } from '../support/states-server.ts'
import type { DeployedStack } from './end-to-end-stack.ts'

export const MACHINE = 'training-pipeline'

export interface PipelineOptions {
  machine: DeployedStack['machine']
  /** By the ARN that the definition names. */
  functions: Handlers
  compute: Compute
  onEnded: (execution: string, status: string) => void
}

// Step Functions' answers come from a machine of one state, which hands name and input to the deployed one and waits for its end.
const outer = {
  QueryLanguage: 'JSONata',
  StartAt: 'Run',
  States: {
    Run: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: {
        FunctionName: 'execution',
        Payload: '{% {"name": $states.context.Execution.Name, "input": $states.context.Execution.Input} %}',
      },
      Output: '{% $states.result.Payload %}',
      End: true,
    },
  },
}

/** A server of Step Functions' protocol whose executions run the deployed machine. It is deployed to by `deploy`. */
export async function startPipelineServer(): Promise<StatesServer & { deploy(options: PipelineOptions): void }> {
  let run: (name: string, input: Json, signal: AbortSignal) => Promise<Json> = () => {
    throw new Error('nothing is deployed yet')
  }
  let close = async () => {}
  const execution = (payload: Json, signal: AbortSignal) => {
    const { name, input } = payload as JsonObject
    return run(String(name), input ?? {}, signal)
  }
  const server = await startStatesServer({ [MACHINE]: outer }, { execution })
  return {
    ...server,
    deploy(options) {
      ;({ run, close } = runner(options))
    },
    async stop() {
      await server.stop()
      await close()
    },
  }
}

function runner({ machine, functions, compute, onEnded }: PipelineOptions) {
  const { workflows, database } = openWorkflows(
    [loadMachine(MACHINE, machine.definition, machine.substitutions)],
    functions,
    // As on AWS, where a stopped execution may leave its job behind: only stop-job ends it.
    { compute: { ...compute, terminate: async () => {} } },
  )
  return {
    async run(name: string, input: Json, signal: AbortSignal): Promise<Json> {
      await workflows.start({ machine: MACHINE, name, input })
      signal.addEventListener('abort', () => void workflows.stop(name, String(signal.reason)), { once: true })
      const { status, output, error, cause } = await workflows.settle(name)
      onEnded(name, status)
      if (status === 'succeeded') return output ?? null
      throw Object.assign(new Error(cause), { name: error ?? status })
    },
    async close() {
      await workflows.close()
      database.close()
    },
  }
}
