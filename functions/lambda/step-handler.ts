import { Fault } from '../../core/platform/fault.ts'
import type { Json } from '../../core/platform/ports.ts'
import { type StepName, stepInputs } from '../../schemas/steps.ts'
import { deployable } from '../manifest.ts'
import { restrictTo } from '../restrict-platform.ts'
import { StateOutcome } from '../steps/step.ts'
import { steps } from '../steps/steps.ts'
import { createInvoker, type Entry, type LambdaContext } from './invocation.ts'
import { checkStateSize } from './state-size.ts'

/** The task `entry.name` of the state machines. Fault `internal` when there is no such step. */
export function createStepHandler(
  entry: Entry,
  tasks = steps,
): (payload: unknown, context: LambdaContext) => Promise<Json> {
  const { name } = entry
  if (!Object.hasOwn(stepInputs, name)) throw new Fault('internal', `there is no step "${name}": see SLUICE_FUNCTION`)
  const step = tasks[name as StepName]
  const platform = restrictTo(entry.platform, deployable(name))
  const invoke = createInvoker(entry)
  return async (payload, context) => {
    const result = await invoke(context, async ({ note }) => {
      note(runOf(payload))
      try {
        return checkStateSize(name, await step(platform, payload))
      } catch (error) {
        if (!(error instanceof StateOutcome)) throw error
        // What the machine is told by an error's name is no failure of the function.
        note({ outcome: error.name, reason: error.message })
        return error
      }
    })
    if (result instanceof StateOutcome) throw result
    return result
  }
}

function runOf(payload: unknown): Record<string, unknown> {
  const { job, run, stage, attempt } = Object(payload) as Record<string, unknown>
  // `stage` is where Sluice is deployed, in every line.
  return { job, run, job_stage: stage, attempt }
}
