import type { Json, JsonObject } from '../../../core/platform/ports.ts'
import { measured } from './limits.ts'
import type { Assignments, Exit } from './machine.ts'
import type { Outcome } from './run.ts'
import { type Bindings, render } from './template.ts'

/** Evaluates Output and Assign, both with the variables as they were on entry, and leaves towards `Next`. */
export async function leave({ output, assign, next }: Exit, fallback: Json, bindings: Bindings): Promise<Outcome> {
  const value = output === undefined ? fallback : await render(output, bindings)
  measured(value, `The output of the state '${bindings.state}'`)
  const assigned = await renderAssign(assign, bindings)
  return { output: value, ...(assigned && { assign: assigned }), ...(next !== undefined && { next }) }
}

async function renderAssign(assign: Assignments, bindings: Bindings): Promise<JsonObject | undefined> {
  if (assign.length === 0) return undefined
  const entries = await Promise.all(
    assign.map(async ([name, template]) => [name, await render(template, bindings)] as const),
  )
  const variables = Object.fromEntries(entries)
  measured(variables, `What the state '${bindings.state}' assigns`)
  return variables
}
