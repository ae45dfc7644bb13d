import type * as z from 'zod'
import type { Exit } from '../../core/jobs/exit-rules.ts'
import { Fault } from '../../core/platform/fault.ts'
import { parse } from '../../core/platform/parse.ts'
import type { Json, Platform } from '../../core/platform/ports.ts'
import { JobDetail, type Outcome, type StepName, stepInputs } from '../../schemas/steps.ts'

/** A task of a state machine. What it throws becomes the task's error name and cause. */
export type Step = (platform: Platform, input: unknown) => Promise<Json>

/** Binds a step's input schema to its use case. */
export function step<Name extends StepName>(
  name: Name,
  run: (platform: Platform, input: Input<Name>) => Promise<unknown>,
): Step {
  return async (platform, input) =>
    (await run(platform, parse<z.ZodType>(stepInputs[name], input, `input of step ${name}`) as Input<Name>)) as Json
}

type Input<Name extends StepName> = z.infer<(typeof stepInputs)[Name]>

/** How the compute job ended. Fault `internal` when the error is not the job's own: then nothing is known about the attempt. */
export function exitOf(outcome: Outcome): Exit {
  if ('succeeded' in outcome) return { code: 0, reason: '' }
  if (outcome.error !== 'States.TaskFailed')
    throw new Fault('internal', `the compute service answered ${outcome.error}: ${outcome.cause}`)
  const detail = parse(JobDetail, JSON.parse(outcome.cause), 'cause of the failed compute job')
  return { code: detail.Container?.ExitCode ?? null, reason: detail.StatusReason ?? detail.Container?.Reason ?? '' }
}
