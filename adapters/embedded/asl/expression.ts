import jsonata from 'jsonata'
import type { Json } from '../../../core/platform/ports.ts'
import { registerFunctions, SOURCES, type Sources } from './functions.ts'
import { toJson } from './json.ts'

export interface Expression {
  source: string
  /** undefined when the result is undefined. Throws Error with JSONata's message. Safe to call again before it has answered. */
  evaluate(variables: Record<string, unknown>, sources: Sources): Promise<Json | undefined>
}

export interface Parsed {
  expression: Expression
  ast: jsonata.ExprNode
}

// Step Functions allows 1 s of its own time. Here other work shares the event loop and counts, so the bound is wider: it is
// there to end expressions that never would.
const limits = { timeout: 10_000, stack: 400 }

// An entry is a few kB, and only a load adds to it: the machines in use, and those a property test makes.
const compiled = new Map<string, Parsed>()
const COMPILED_MAX = 5_000

/** Compiles the text between `{%` and `%}`, once per text. Throws Error whose message has the position of a syntax error. */
export function compileExpression(source: string): Parsed {
  const known = compiled.get(source)
  if (known) return known
  const parsed = parse(source)
  if (compiled.size >= COMPILED_MAX) compiled.clear()
  compiled.set(source, parsed)
  return parsed
}

function parse(source: string): Parsed {
  try {
    const query = jsonata(source, limits)
    registerFunctions(query)
    return {
      ast: query.ast(),
      expression: { source, evaluate: (variables, sources) => evaluate(query, variables, sources) },
    }
  } catch (error) {
    const { message, position } = describe(error)
    throw new Error(position === undefined ? message : `${message} (at character ${position} of the expression)`)
  }
}

async function evaluate(
  query: jsonata.Expression,
  variables: Record<string, unknown>,
  sources: Sources,
): Promise<Json | undefined> {
  try {
    const result: unknown = await query.evaluate(undefined, { ...variables, [SOURCES]: sources })
    return result === undefined ? undefined : toJson(result)
  } catch (error) {
    throw new Error(describe(error).message)
  }
}

/** JSONata throws plain objects. */
function describe(error: unknown): { message: string; position: number | undefined } {
  if (typeof error !== 'object' || error === null) return { message: String(error), position: undefined }
  const message = 'message' in error && typeof error.message === 'string' ? error.message : JSON.stringify(error)
  const position = 'position' in error && typeof error.position === 'number' ? error.position : undefined
  return { message, position }
}
