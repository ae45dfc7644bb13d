import type { Json, JsonObject } from '../../../core/platform/ports.ts'
import { runJob } from './batch.ts'
import { bindingsOf, type Extra } from './bindings.ts'
import { StateFailure } from './failure.ts'
import { isWithin } from './fields.ts'
import { invokeFunction } from './lambda.ts'
import { measured } from './limits.ts'
import { argumentProblem, BATCH_SUBMIT } from './load-resources.ts'
import type { TaskState, Template } from './machine.ts'
import type { Step } from './run.ts'
import { type Bindings, isChangingTemplate, render, renderAs } from './template.ts'
import { type Deadline, withDeadline } from './time.ts'

/** What an attempt started with: kept when a restart must not evaluate it again. */
interface Started {
  arguments: Json
  /** Epoch ms; null without a time limit. */
  timeoutAt: number | null
  heartbeatAt: number | null
}

/** One attempt of a Task: its result, or a StateFailure. */
export async function runTask(state: TaskState, step: Step, attempt: number): Promise<Json> {
  const { effects, journal } = step.run
  const key = `${step.key}@${attempt}`
  const known = journal.read(key) as Started | undefined
  const started = known ?? (await start(state, step, { retryCount: attempt }))
  if (!known && mustKeep(state, started)) {
    journal.write(key, JSON.stringify({ ...started, enteredTime: step.enteredTime }))
  }
  const run = state.resource === BATCH_SUBMIT ? runJob : invokeFunction
  const result = await withDeadline(effects.clock, deadlineOf(state.name, started), step.frame.signal, (signal) =>
    run(started.arguments as JsonObject, effects, signal),
  )
  measured(result, `The result of the state '${state.name}'`)
  return result
}

async function start(state: TaskState, step: Step, extra: Extra): Promise<Started> {
  const bindings = bindingsOf(step, state.name, extra)
  const given = await render(state.arguments, bindings)
  const problem = argumentProblem(state.resource, given)
  if (problem !== undefined) {
    throw new StateFailure('States.Runtime', `An error occurred while executing the state '${state.name}'. ${problem}.`)
  }
  measured(given, `The arguments of the state '${state.name}'`)
  const now = step.run.effects.clock.now().getTime()
  return {
    arguments: given,
    timeoutAt: await limit(state.timeoutSeconds, bindings, now),
    heartbeatAt: await limit(state.heartbeatSeconds, bindings, now),
  }
}

async function limit(seconds: Template | undefined, bindings: Bindings, now: number): Promise<number | null> {
  if (seconds === undefined) return null
  const range = { min: 1, max: 99_999_999 }
  const value = await renderAs(seconds, bindings, 'a whole number of seconds, at least 1', (given) =>
    isWithin(given, range),
  )
  return now + value * 1_000
}

/** Without time limits and changing values, the arguments come out the same after a restart: a job has its name again. */
function mustKeep(state: TaskState, { timeoutAt, heartbeatAt }: Started): boolean {
  return timeoutAt !== null || heartbeatAt !== null || isChangingTemplate(state.arguments)
}

/** Neither resource sends heartbeats, so that HeartbeatSeconds is a second, shorter time limit. */
function deadlineOf(state: string, { timeoutAt, heartbeatAt }: Started): Deadline | undefined {
  if (heartbeatAt !== null && heartbeatAt < (timeoutAt ?? Number.POSITIVE_INFINITY)) {
    return {
      at: heartbeatAt,
      failure: new StateFailure(
        'States.HeartbeatTimeout',
        `The state '${state}' sent no heartbeat within HeartbeatSeconds.`,
      ),
    }
  }
  if (timeoutAt === null) return undefined
  return {
    at: timeoutAt,
    failure: new StateFailure('States.Timeout', `The state '${state}' ran longer than TimeoutSeconds.`),
  }
}
