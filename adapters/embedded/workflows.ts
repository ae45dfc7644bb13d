import { availableParallelism } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import { Fault } from '../../core/platform/fault.ts'
import type { Clock, Compute, Execution, Ids, Workflows } from '../../core/platform/ports.ts'
import { exceeds, PAYLOAD_BYTES } from './asl/limits.ts'
import { restoreMachine } from './asl/load.ts'
import type { Machine } from './asl/machine.ts'
import { type Invoke, shutdown } from './asl/run.ts'
import { execute } from './workflow-execution.ts'
import { createLine } from './workflow-line.ts'
import { openWorkflowStore, prepareWorkflowTables, type StoredExecution } from './workflow-store.ts'

export interface WorkflowsOptions {
  database: DatabaseSync
  clock: Clock
  ids: Ids
  machines: Machine[]
  invoke: Invoke
  compute: Compute
  /** Executions beyond it wait their turn as `pending`; 4 per processor unless told. */
  maxConcurrentExecutions?: number
  log(message: string, fields: Record<string, unknown>): void
}

export interface EmbeddedWorkflows extends Workflows {
  /** Goes on with what an earlier process left unfinished. Call it once, after `Compute.resume`. */
  resume(): Promise<void>
  /** Lets go of every execution; a later process can resume them. */
  close(): Promise<void>
  /** Resolves when no execution is pending or running. */
  idle(): Promise<void>
  /** The execution once it has ended. Fault `not_found`; `busy` when the driver is closed first. */
  settle(name: string): Promise<Execution>
  /** A hint that some job ended: `.sync` tasks look at theirs at once. */
  poke(): void
}

const NAME = /^[A-Za-z0-9_-]{1,80}$/

/** Step Functions on one machine: interprets JSONata state machines over a journal in SQLite. */
export function createWorkflows(options: WorkflowsOptions): EmbeddedWorkflows {
  const { database, clock, ids, invoke, compute, log, maxConcurrentExecutions = 4 * availableParallelism() } = options
  prepareWorkflowTables(database)
  const store = openWorkflowStore(database)
  const machines = new Map(options.machines.map((machine) => [machine.name, machine]))
  const byDigest = new Map(options.machines.map((machine) => [machine.digest, machine]))
  for (const machine of machines.values()) store.keepDefinition(machine)

  const controllers = new Map<string, AbortController>()
  const waiting = new Map<string, Set<PromiseWithResolvers<Execution>>>()
  const jobListeners = new Set<() => void>()
  const onJobHint = (listener: () => void) => {
    jobListeners.add(listener)
    return () => jobListeners.delete(listener)
  }
  const effects = { clock, ids, invoke, compute, onJobHint, log }
  const line = createLine(maxConcurrentExecutions, runNamed)

  /** Never rejects: a failing database must not end the process. */
  async function runNamed(name: string): Promise<void> {
    const controller = new AbortController()
    controllers.set(name, controller)
    try {
      const execution = take(name)
      if (!execution) return
      const ended = await execute(execution, machineOf(execution), effects, store, controller.signal)
      if (ended) store.end(name, { ...ended, stoppedAt: clock.now().toISOString() })
    } catch (error) {
      log('an execution could not be run, or its end not be stored', {
        execution: name,
        error,
      })
      failQuietly(name, error)
    } finally {
      controllers.delete(name)
      announce(name)
    }
  }

  function take(name: string): StoredExecution | undefined {
    const execution = store.get(name)
    if (execution?.status === 'running') return execution
    if (execution?.status !== 'pending') return undefined
    const runningAt = clock.now().getTime()
    store.markRunning(name, runningAt)
    return { ...execution, runningAt }
  }

  function machineOf({ machine, definition }: StoredExecution): Machine {
    const known = byDigest.get(definition)
    if (known) return known
    const restored = restoreMachine(machine, store.definition(definition) ?? '{}')
    byDigest.set(definition, restored)
    return restored
  }

  function failQuietly(name: string, error: unknown): void {
    try {
      const cause = error instanceof Error ? error.message : String(error)
      store.end(name, { status: 'failed', error: 'States.Runtime', cause, stoppedAt: clock.now().toISOString() })
    } catch (again) {
      log('the failure of an execution could not be stored', { execution: name, error: again })
    }
  }

  function announce(name: string): void {
    const waiters = waiting.get(name)
    if (!waiters || line.isClosed()) return
    try {
      const execution = published(store.get(name))
      if (!execution || !hasEnded(execution)) return
      for (const waiter of waiters) waiter.resolve(execution)
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error)
    }
    waiting.delete(name)
  }

  return {
    async start({ machine: machineName, name, input }) {
      const machine = machines.get(machineName)
      if (!machine)
        throw new Fault(
          'not_found',
          `state machine "${machineName}" does not exist; known: ${[...machines.keys()].join(', ')}`,
        )
      if (!NAME.test(name)) throw new Fault('invalid', `execution name "${name}" must be 1 to 80 of A-Z a-z 0-9 _ -`)
      if (line.isClosed()) throw new Fault('busy', `execution "${name}" cannot start: the workflows driver is closed`)
      const text = JSON.stringify(input)
      if (exceeds(text))
        throw new Fault(
          'too_large',
          `input of execution "${name}" is over ${PAYLOAD_BYTES} bytes: pass a reference to stored data`,
        )
      if (store.add(name, machine, text, clock.now().toISOString())) line.join(name)
      return found(name)
    },
    async describe(name) {
      return published(store.get(name))
    },
    async stop(name, reason) {
      const stopped = store.end(name, { status: 'aborted', cause: reason, stoppedAt: clock.now().toISOString() })
      if (!stopped) {
        found(name)
        return
      }
      line.leave(name)
      controllers.get(name)?.abort(new Error(reason))
      announce(name)
      await line.finished(name)
    },
    async resume() {
      for (const { name } of store.unfinished()) line.join(name)
    },
    async close() {
      const left = line.close()
      for (const controller of controllers.values()) controller.abort(shutdown)
      await left
      for (const waiter of [...waiting.values()].flatMap((waiters) => [...waiters])) {
        waiter.reject(new Fault('busy', 'the workflows driver is closed'))
      }
      waiting.clear()
    },
    idle: () => line.idle(),
    async settle(name) {
      const execution = found(name)
      if (hasEnded(execution)) return execution
      if (line.isClosed()) throw new Fault('busy', 'the workflows driver is closed')
      const waiter = Promise.withResolvers<Execution>()
      const waiters = waiting.get(name) ?? new Set()
      waiting.set(name, waiters.add(waiter))
      return waiter.promise
    },
    poke() {
      for (const listener of jobListeners) listener()
    },
  }

  function found(name: string): Execution {
    const execution = published(store.get(name))
    if (!execution) throw new Fault('not_found', `execution "${name}" does not exist`)
    return execution
  }
}

function hasEnded({ status }: Execution): boolean {
  return status !== 'pending' && status !== 'running'
}

function published(stored: StoredExecution | undefined): Execution | undefined {
  if (!stored) return undefined
  const { definition: _definition, runningAt: _runningAt, ...execution } = stored
  return execution
}
