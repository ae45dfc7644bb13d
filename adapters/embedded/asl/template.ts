import type { Json } from '../../../core/platform/ports.ts'
import { compileExpression, type Expression } from './expression.ts'
import { lintExpression, type Surroundings } from './expression-lint.ts'
import { StateFailure } from './failure.ts'
import type { Sources } from './functions.ts'
import { isObject } from './json.ts'
import type { Template } from './machine.ts'
import type { Place } from './place.ts'

/** What a template is rendered with. `variables` holds `states` beside the workflow's variables. */
export interface Bindings {
  state: string
  variables: Record<string, unknown>
  sources: Sources
}

const changing = new WeakSet<Expression>()

/** Compiles a JSON value at `place`; `field` is its name in run-time errors. Breaches go to the place. */
export function compileTemplate(value: Json, place: Place, field: string, surroundings: Surroundings): Template {
  if (typeof value === 'string') return compileText(value, place, field, surroundings)
  if (Array.isArray(value)) {
    return literalOr(
      {
        kind: 'array',
        items: value.map((item, index) => compileTemplate(item, place.at(index), `${field}/${index}`, surroundings)),
      },
      value,
    )
  }
  if (!isObject(value)) return { kind: 'literal', value }
  const entries = Object.entries(value).map(([key, member]): [string, Template] => [
    key,
    compileTemplate(member, place.at(key), `${field}/${key}`, surroundings),
  ])
  return literalOr({ kind: 'object', entries }, value)
}

function literalOr(template: Template, value: Json): Template {
  const parts =
    template.kind === 'array'
      ? template.items
      : template.kind === 'object'
        ? template.entries.map(([, part]) => part)
        : []
  return parts.every((part) => part.kind === 'literal') ? { kind: 'literal', value } : template
}

function compileText(text: string, place: Place, field: string, surroundings: Surroundings): Template {
  const opens = text.startsWith('{%')
  const closes = text.endsWith('%}')
  if (!opens && !closes) return { kind: 'literal', value: text }
  if (!(opens && closes && text.length >= 4)) {
    place.report(
      undefined,
      'jsonata_delimiter',
      `"${text}" is not closed as a JSONata expression`,
      'start with {% and end with %}, without spaces around them',
    )
    return { kind: 'literal', value: text }
  }
  const source = text.slice(2, -2).trim()
  try {
    const { expression, ast } = compileExpression(source)
    const lint = lintExpression(source, ast, surroundings)
    for (const { code, message, remedy } of lint.findings) place.report(undefined, code, message, remedy)
    if (lint.changing) changing.add(expression)
    return { kind: 'expression', expression, field }
  } catch (error) {
    place.report(undefined, 'jsonata_syntax', `${(error as Error).message}: ${source}`, 'correct the expression')
    return { kind: 'literal', value: text }
  }
}

/** Whether rendering twice with the same variables may give different values ($uuid, $now, the time a state was entered). */
export function isChangingTemplate(template: Template): boolean {
  if (template.kind === 'expression') return changing.has(template.expression)
  if (template.kind === 'array') return template.items.some(isChangingTemplate)
  return template.kind === 'object' && template.entries.some(([, part]) => isChangingTemplate(part))
}

/** The value of a template. StateFailure States.QueryEvaluationError, also when an expression gives nothing. */
export async function render(template: Template, bindings: Bindings): Promise<Json> {
  if (template.kind === 'literal') return template.value
  if (template.kind === 'expression') return renderExpression(template.expression, template.field, bindings)
  if (template.kind === 'array') return Promise.all(template.items.map((item) => render(item, bindings)))
  const entries = await Promise.all(
    template.entries.map(async ([key, part]) => [key, await render(part, bindings)] as const),
  )
  return Object.fromEntries(entries)
}

async function renderExpression(expression: Expression, field: string, bindings: Bindings): Promise<Json> {
  const value = await expression.evaluate(bindings.variables, bindings.sources).catch((error: Error) => {
    throw queryError(bindings.state, expression, field, `failed: ${error.message}`)
  })
  if (value === undefined) throw queryError(bindings.state, expression, field, 'returned nothing (undefined).')
  return value
}

/** Renders and checks the kind of value a field takes. */
export async function renderAs<T extends Json>(
  template: Template,
  bindings: Bindings,
  kind: string,
  check: (value: Json) => value is T,
): Promise<T> {
  const value = await render(template, bindings)
  if (check(value)) return value
  const shown = JSON.stringify(value).slice(0, 200)
  if (template.kind === 'expression')
    throw queryError(bindings.state, template.expression, template.field, `must give ${kind}, but gave ${shown}.`)
  throw new StateFailure(
    'States.QueryEvaluationError',
    `An error occurred while executing the state '${bindings.state}'. A field must be ${kind}, but is ${shown}.`,
  )
}

function queryError(state: string, { source }: Expression, field: string, what: string): StateFailure {
  const cause = `An error occurred while executing the state '${state}'. The JSONata expression '${source}' specified for the field '${field}' ${what}`
  return new StateFailure('States.QueryEvaluationError', cause)
}
