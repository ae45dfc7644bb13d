import type { Clock, Execution, ExecutionStatus, Workflows } from '../../core/platform/ports.ts'

export interface MemoryWorkflows extends Workflows {
  /** Every execution ever started, in order. */
  started: Execution[]
  /** Lets a running execution come to its end. */
  end(name: string, status: Exclude<ExecutionStatus, 'pending' | 'running'>, error?: string, cause?: string): void
}

/** Executions that run until the test ends them. */
export function createMemoryWorkflows(clock: Clock): MemoryWorkflows {
  const started: Execution[] = []
  const find = (name: string) => started.find((execution) => execution.name === name)

  return {
    started,
    end(name, status, error, cause) {
      const execution = find(name)
      if (!execution || execution.stoppedAt) return
      const stoppedAt = clock.now().toISOString()
      Object.assign(execution, { status, stoppedAt, ...(error && { error }), ...(cause && { cause }) })
    },
    async start({ machine, name, input }) {
      const known = find(name)
      if (known) return { ...known }
      const execution: Execution = { machine, name, input, status: 'running', startedAt: clock.now().toISOString() }
      started.push(execution)
      return { ...execution }
    },
    async describe(name) {
      const execution = find(name)
      return execution && { ...execution }
    },
    async stop(name, reason) {
      this.end(name, 'aborted', undefined, reason)
    },
  }
}
