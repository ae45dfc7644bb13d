import type { Json } from '../../../core/platform/ports.ts'
import { leave } from './exit.ts'
import { StateFailure } from './failure.ts'
import type { ChoiceState } from './machine.ts'
import type { Outcome } from './run.ts'
import { type Bindings, renderAs } from './template.ts'

/** Leaves by the first rule whose condition is true, else by `Default`; StateFailure States.NoChoiceMatched without one. */
export async function chooseRule(state: ChoiceState, input: Json, bindings: Bindings): Promise<Outcome> {
  for (const rule of state.rules) {
    const holds = await renderAs(rule.condition, bindings, 'true or false', (value) => typeof value === 'boolean')
    if (holds) return leave(rule, input, bindings)
  }
  if (state.otherwise) return leave(state.otherwise, input, bindings)
  throw new StateFailure(
    'States.NoChoiceMatched',
    `No rule of the state '${state.name}' matched, and it has no Default.`,
  )
}
