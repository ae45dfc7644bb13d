import { loadMachine } from '../../adapters/embedded/asl/load.ts'
import { type Breach, Fault } from '../../core/platform/fault.ts'

/** What a load of the definition refuses. */
export function problems(asl: unknown, substitutions: Record<string, string> = {}): Breach[] {
  try {
    loadMachine('bad', asl, substitutions)
    return []
  } catch (error) {
    if (error instanceof Fault && error.code === 'invalid') return error.errors
    throw error
  }
}

/** `pointer code` of each problem, sorted. */
export function problemCodes(asl: unknown): string[] {
  return problems(asl)
    .map(({ pointer, code }) => `${pointer} ${code}`)
    .toSorted()
}

/** A definition of these states, from the first one. */
export function definition(states: object, top: object = {}): object {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...top }
}

/** A definition of one state called `Only`. */
export function only(state: object): object {
  return definition({ Only: state })
}

/** `${name}`. */
export function placeholder(name: string): string {
  return `\${${name}}`
}

export const pass = { Type: 'Pass', End: true }
export const lambda = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'f' },
  End: true,
}
