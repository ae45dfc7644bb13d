import { render } from './render.ts'
import type { Resource, TemplateJson } from './synth.ts'

export interface Statement {
  /** Logical id of the role, policy or resource that carries it. */
  of: string
  effect: string
  actions: string[]
  resources: string[]
  condition?: Record<string, unknown>
  /** A statement of a resource's own policy names who, and `*` is the resource itself. */
  hasPrincipal: boolean
}

interface Raw {
  Effect: string
  Action: string | string[]
  Resource?: unknown
  Condition?: Record<string, unknown>
  Principal?: unknown
}

/** Every statement of a template: roles, policies, and the policies of buckets, queues and keys. */
export function statementsOf({ Resources }: TemplateJson): Statement[] {
  return Object.entries(Resources).flatMap(([id, resource]) =>
    documentsOf(resource).flatMap(({ Statement }) => listOf(Statement).map((raw) => statementOf(id, raw))),
  )
}

/** The statements of one role, whether they are its own or of a policy attached to it. */
export function statementsOfRole(template: TemplateJson, role: string): Statement[] {
  const attached = Object.entries(template.Resources)
    .filter(([, { Properties }]) => JSON.stringify(Properties?.Roles ?? []).includes(`"${role}"`))
    .map(([id]) => id)
  return statementsOf(template).filter(({ of }) => of === role || attached.includes(of))
}

/** Reasons to hold a right over everything, by action. */
export type Reasons = Readonly<Record<string, string>>

/** What gives more than it must: `logicalId: right`. `reasons` names actions that may stand on everything of their kind. */
export function wideRights(template: TemplateJson, reasons: Reasons): string[] {
  const allowed = statementsOf(template).filter(({ effect }) => effect === 'Allow')
  return [
    ...allowed.flatMap(({ of, actions }) =>
      actions.filter((action) => action.includes('*')).map((action) => `${of}: ${action}`),
    ),
    ...allowed
      .filter(({ hasPrincipal }) => !hasPrincipal)
      .flatMap(({ of, actions, resources }) =>
        resources
          .filter(isEverything)
          .flatMap((resource) =>
            actions.filter((action) => !reasons[action]).map((action) => `${of}: ${action} on ${resource}`),
          ),
      ),
  ]
}

/** `*`, every name of one kind (`arn:...:job/*`), or all of a bucket. */
function isEverything(resource: string): boolean {
  return /^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:[^/:]*[/:]?\*|\{[^}]*\}\/\*)$/.test(resource)
}

function documentsOf({ Properties = {} }: Resource): { Statement: Raw | Raw[] }[] {
  const inline = (Properties.Policies ?? []) as { PolicyDocument?: { Statement: Raw[] } }[]
  const documents = [Properties.PolicyDocument, Properties.KeyPolicy, ...inline.map((each) => each.PolicyDocument)]
  return documents.filter((each): each is { Statement: Raw[] } => typeof each === 'object' && each !== null)
}

function statementOf(of: string, { Effect, Action, Resource, Condition, Principal }: Raw): Statement {
  return {
    of,
    effect: Effect,
    actions: listOf(Action),
    resources: listOf(Resource ?? []).map(render),
    ...(Condition && { condition: Condition }),
    hasPrincipal: Principal !== undefined,
  }
}

function listOf<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value]
}
