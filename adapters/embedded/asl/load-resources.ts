import type { Json, JsonObject } from '../../../core/platform/ports.ts'
import { isWithin, refuseUnknown } from './fields.ts'
import { isObject } from './json.ts'
import type { Resource } from './machine.ts'
import type { Place } from './place.ts'

export const LAMBDA_INVOKE = 'arn:aws:states:::lambda:invoke'
export const BATCH_SUBMIT = 'arn:aws:states:::batch:submitJob.sync'

/** `Resource`: one of the two that exist here. */
export function readResource(state: JsonObject, place: Place): Resource {
  const resource = state.Resource
  if (resource === LAMBDA_INVOKE || resource === BATCH_SUBMIT) return resource
  if (resource === undefined)
    place.report('Resource', 'missing_field', 'is missing', `use ${LAMBDA_INVOKE} or ${BATCH_SUBMIT}`)
  else
    place.report(
      'Resource',
      'unknown_resource',
      `${JSON.stringify(resource)} is not implemented`,
      `use ${LAMBDA_INVOKE} or ${BATCH_SUBMIT}`,
    )
  return LAMBDA_INVOKE
}

/** Checks the parts of `Arguments` that are written out; expressions are checked when they are used. */
export function checkArguments(resource: Resource, given: Json | undefined, place: Place): void {
  if (given === undefined) {
    place.report(undefined, 'missing_field', 'is missing', 'a Task needs Arguments')
    return
  }
  if (isExpression(given)) return
  if (!isObject(given)) {
    place.report(undefined, 'wrong_type', 'must be an object or an expression', 'correct it')
    return
  }
  if (resource === LAMBDA_INVOKE) checkMembers(given, ['FunctionName'], ['Payload'], place)
  else checkJob(given, place)
}

/** First problem of the evaluated arguments in the words of Step Functions, or undefined. */
export function argumentProblem(resource: Resource, given: Json): string | undefined {
  const problems: string[] = []
  const collect = (path: string): Place => ({
    pointer: path,
    report: (field, _code, message) => problems.push(`${field === undefined ? path : `${path}/${field}`} ${message}`),
    at: (key) => collect(`${path}/${key}`),
  })
  checkArguments(resource, given, collect('Arguments'))
  if (problems.length === 0 && isObject(given)) checkEvaluated(resource, given, problems)
  return problems[0]
}

function checkEvaluated(resource: Resource, given: JsonObject, problems: string[]): void {
  const texts = resource === LAMBDA_INVOKE ? ['FunctionName'] : ['JobName', 'JobQueue', 'JobDefinition']
  for (const field of texts) if (typeof given[field] !== 'string') problems.push(`Arguments/${field} must be a string`)
  if (resource !== BATCH_SUBMIT) return
  const timeout = given.Timeout
  if (!isObject(timeout) || !isWithin(timeout.AttemptDurationSeconds ?? null, { min: 1, max: 2 ** 31 - 1 }))
    problems.push('Arguments/Timeout/AttemptDurationSeconds must be a whole number of at least 1')
  for (const entry of environmentOf(given)) {
    if (!isObject(entry) || typeof entry.Name !== 'string' || typeof entry.Value !== 'string')
      problems.push('Arguments/ContainerOverrides/Environment entries must have a Name and a Value, both strings')
  }
}

/** `ContainerOverrides.Environment`, empty when absent. */
export function environmentOf(given: JsonObject): Json[] {
  const overrides = given.ContainerOverrides
  const environment = isObject(overrides) ? overrides.Environment : undefined
  return Array.isArray(environment) ? environment : []
}

function checkJob(given: JsonObject, place: Place): void {
  // JobQueue, ShareIdentifier, RetryStrategy and Tags mean nothing to child processes; they are here so that one file runs in both worlds.
  checkMembers(
    given,
    ['JobName', 'JobQueue', 'JobDefinition', 'Timeout'],
    ['ShareIdentifier', 'ContainerOverrides', 'RetryStrategy', 'Tags'],
    place,
  )
  const overrides = given.ContainerOverrides
  if (isObject(overrides)) {
    checkMembers(overrides, [], ['Environment'], place.at('ContainerOverrides'))
    const environment = overrides.Environment
    if (environment !== undefined && !Array.isArray(environment) && !isExpression(environment))
      place
        .at('ContainerOverrides')
        .report('Environment', 'wrong_type', 'must be an array of { Name, Value }', 'correct it')
  }
  const timeout = given.Timeout
  if (isObject(timeout)) checkMembers(timeout, ['AttemptDurationSeconds'], [], place.at('Timeout'))
}

/** Batch refuses time limits below 60 s. A literal one would fail only when it is deployed, so it is refused here. */
export function checkTimeLimit(given: Json | undefined, place: Place): void {
  const timeout = isObject(given) ? given.Timeout : undefined
  const seconds = isObject(timeout) ? timeout.AttemptDurationSeconds : undefined
  if (typeof seconds === 'number' && seconds < 60)
    place
      .at('Timeout')
      .report(
        'AttemptDurationSeconds',
        'out_of_range',
        `${seconds} is below 60, the least that Batch takes`,
        'raise it',
      )
}

function checkMembers(given: JsonObject, required: string[], optional: string[], place: Place): void {
  refuseUnknown(given, [...required, ...optional], place)
  for (const field of required)
    if (given[field] === undefined) place.report(field, 'missing_field', 'is missing', 'add it')
}

function isExpression(value: Json): boolean {
  return typeof value === 'string' && value.startsWith('{%')
}
