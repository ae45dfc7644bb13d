import type * as z from 'zod'
import type { Exit } from '../../core/jobs/exit-rules.ts'
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

/** How the compute job ended. A service that did not take the job is its reason, under the error's own name. */
export function exitOf(outcome: Outcome): Exit {
  if ('succeeded' in outcome) return { code: 0, reason: '' }
  if (outcome.error !== 'States.TaskFailed') return { code: null, reason: `${outcome.error}: ${outcome.cause}` }
  const detail = JobDetail.safeParse(parseJson(outcome.cause)).data
  // Step Functions cuts a cause at 32,768 characters.
  if (!detail)
    return { code: null, reason: `the detail of the failed job cannot be read: ${outcome.cause.slice(0, 500)}` }
  return { code: detail.Container?.ExitCode ?? null, reason: detail.StatusReason ?? detail.Container?.Reason ?? '' }
}

/** An outcome that the state machine's Catch takes by its name, as it takes a fault by its code. */
export class StateOutcome extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/**
 * Tells the state machine what a conclusion means: it goes on when this returns, makes another attempt at `<kind>_retry`, and fails
 * at any other name. A Choice after the step would say the same, and be paid for at every attempt.
 */
export function conclude(
  kind: 'attempt' | 'generation',
  conclusion: { decision: 'done' | 'retry' } | { decision: 'fail'; reason: string },
): { decision: 'done' } {
  switch (conclusion.decision) {
    case 'done':
      return { decision: 'done' }
    case 'retry':
      throw new StateOutcome(`${kind}_retry`, 'another attempt follows')
    case 'fail':
      throw new StateOutcome(kind === 'attempt' ? 'stage_failed' : 'evaluation_failed', conclusion.reason)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
