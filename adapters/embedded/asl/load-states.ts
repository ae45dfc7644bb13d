import type { JsonObject } from '../../../core/platform/ports.ts'
import type { Surroundings } from './expression-lint.ts'
import { isTimestamp, readAssign, readInteger, readString, readTemplate, readText, refuseUnknown } from './fields.ts'
import { isObject } from './json.ts'
import { readCatch, readRetry } from './load-errors.ts'
import { BATCH_SUBMIT, checkArguments, checkTimeLimit, readResource } from './load-resources.ts'
import type {
  Block,
  ChoiceState,
  Exit,
  FailState,
  MapState,
  ParallelState,
  PassState,
  Rule,
  State,
  TaskState,
  WaitState,
} from './machine.ts'
import type { Place } from './place.ts'

const SECONDS = { min: 1, max: 99_999_999 }
const WAIT_SECONDS = { min: 0, max: 99_999_999 }

/** What the reader of one state needs from the block around it. */
export interface StateContext {
  name: string
  place: Place
  surroundings: Surroundings
  /** Notes that the state can go to `target`, named by a field of `at`. */
  goTo(target: string | undefined, at: Place, field?: string): void
  /** Notes that the state can end its block. */
  end(): void
  /** Reads a block inside the state: a branch, or the processor of a Map. */
  readBlock(fields: JsonObject, at: Place, inMap: boolean): Block
}

const common = ['Type', 'Comment', 'QueryLanguage']
const exits = ['Next', 'End', 'Output', 'Assign']
const guarded = [...common, ...exits, 'Retry', 'Catch']

/** One reader per state type; each reports what it refuses and returns what it can. */
export const stateReaders: Record<string, (state: JsonObject, context: StateContext) => State> = {
  Task: readTask,
  Map: readMap,
  Parallel: readParallel,
  Choice: readChoice,
  Wait: readWait,
  Pass: readPass,
  Succeed: readSucceed,
  Fail: readFail,
}

function readTask(state: JsonObject, context: StateContext): TaskState {
  const { name, place, surroundings } = context
  refuseUnknown(state, [...guarded, 'Resource', 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds'], place)
  const resource = readResource(state, place)
  checkArguments(resource, state.Arguments, place.at('Arguments'))
  if (resource === BATCH_SUBMIT) checkTimeLimit(state.Arguments, place.at('Arguments'))
  const [timeout, heartbeat] = [state.TimeoutSeconds, state.HeartbeatSeconds]
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
    place.report(
      'HeartbeatSeconds',
      'out_of_range',
      `${heartbeat} must be below TimeoutSeconds (${timeout})`,
      'lower it',
    )
  }
  return {
    type: 'Task',
    name,
    resource,
    arguments: readTemplate(state, 'Arguments', place, surroundings) ?? { kind: 'literal', value: null },
    timeoutSeconds: readInteger(state, 'TimeoutSeconds', place, SECONDS, surroundings),
    heartbeatSeconds: readInteger(state, 'HeartbeatSeconds', place, SECONDS, surroundings),
    ...readGuards(state, context),
  }
}

function readMap(state: JsonObject, context: StateContext): MapState {
  const { name, place, surroundings } = context
  refuseUnknown(state, [...guarded, 'Items', 'ItemProcessor', 'ItemSelector', 'MaxConcurrency'], place)
  const items = state.Items
  if (items !== undefined && !Array.isArray(items) && !(typeof items === 'string' && items.startsWith('{%'))) {
    place.report(
      'Items',
      'wrong_type',
      'must be an array or an expression that gives one',
      'objects as Items are not implemented; use $each or $keys',
    )
  }
  const processor = state.ItemProcessor
  if (!isObject(processor))
    place.report(
      'ItemProcessor',
      processor === undefined ? 'missing_field' : 'wrong_type',
      'must be an object with StartAt and States',
      'add it',
    )
  return {
    type: 'Map',
    name,
    items: readTemplate(state, 'Items', place, surroundings),
    itemSelector: readTemplate(state, 'ItemSelector', place, { ...surroundings, inMap: true }),
    maxConcurrency: readInteger(state, 'MaxConcurrency', place, WAIT_SECONDS, surroundings),
    processor: isObject(processor)
      ? context.readBlock(processor, place.at('ItemProcessor', `state "${name}", ItemProcessor`), true)
      : emptyBlock(),
    ...readGuards(state, context),
  }
}

function readParallel(state: JsonObject, context: StateContext): ParallelState {
  const { name, place, surroundings } = context
  refuseUnknown(state, [...guarded, 'Branches', 'Arguments'], place)
  const branches = Array.isArray(state.Branches) ? state.Branches : []
  if (branches.length === 0) place.report('Branches', 'missing_field', 'must be a non-empty array', 'add the branches')
  return {
    type: 'Parallel',
    name,
    arguments: readTemplate(state, 'Arguments', place, surroundings),
    branches: branches.map((branch, index) => {
      const at = place.at('Branches').at(index, `state "${name}", branch ${index}`)
      if (isObject(branch)) return context.readBlock(branch, at, false)
      at.report(undefined, 'wrong_type', 'must be an object', 'correct it')
      return emptyBlock()
    }),
    ...readGuards(state, context),
  }
}

function readChoice(state: JsonObject, context: StateContext): ChoiceState {
  const { name, place, surroundings } = context
  refuseUnknown(state, [...common, 'Choices', 'Default', 'Output', 'Assign'], place)
  const choices = Array.isArray(state.Choices) ? state.Choices : []
  if (choices.length === 0) place.report('Choices', 'missing_field', 'must be a non-empty array', 'add the rules')
  const rules = choices.map((choice, index) =>
    readRule(isObject(choice) ? choice : {}, place.at('Choices').at(index), context),
  )
  const next = readString(state, 'Default', place, 'optional')
  if (next !== undefined) context.goTo(next, place, 'Default')
  const otherwise = {
    output: readTemplate(state, 'Output', place, surroundings),
    assign: readAssign(state, place, surroundings),
    next,
  }
  return { type: 'Choice', name, rules, otherwise: next === undefined ? undefined : otherwise }
}

function readRule(rule: JsonObject, place: Place, { surroundings, goTo }: StateContext): Rule {
  refuseUnknown(rule, ['Condition', 'Next', 'Output', 'Assign', 'Comment'], place)
  const condition = rule.Condition
  if (typeof condition !== 'string' || !condition.startsWith('{%')) {
    place.report(
      'Condition',
      condition === undefined ? 'missing_field' : 'wrong_type',
      'must be a {% %} expression that gives true or false',
      'correct it',
    )
  }
  const next = readString(rule, 'Next', place, 'required')
  goTo(next, place)
  return {
    condition: readTemplate(rule, 'Condition', place, surroundings) ?? { kind: 'literal', value: false },
    output: readTemplate(rule, 'Output', place, surroundings),
    assign: readAssign(rule, place, surroundings),
    next,
  }
}

function readWait(state: JsonObject, context: StateContext): WaitState {
  const { name, place, surroundings } = context
  refuseUnknown(state, [...common, ...exits, 'Seconds', 'Timestamp'], place)
  if ((state.Seconds === undefined) === (state.Timestamp === undefined)) {
    place.report(undefined, 'missing_field', 'needs exactly one of Seconds and Timestamp', 'keep one of them')
  }
  const timestamp = readText(state, 'Timestamp', place, surroundings)
  if (timestamp?.kind === 'literal' && !isTimestamp(timestamp.value)) {
    place.report(
      'Timestamp',
      'wrong_type',
      `"${timestamp.value}" is not an RFC 3339 time with a zone`,
      'write for example 2026-01-31T12:00:00Z',
    )
  }
  const seconds = readInteger(state, 'Seconds', place, WAIT_SECONDS, surroundings)
  const until = timestamp === undefined ? { seconds: seconds ?? { kind: 'literal' as const, value: 0 } } : { timestamp }
  return { type: 'Wait', name, until, ...readExit(state, context, surroundings) }
}

function readPass(state: JsonObject, context: StateContext): PassState {
  refuseUnknown(state, [...common, ...exits], context.place)
  return { type: 'Pass', name: context.name, ...readExit(state, context, context.surroundings) }
}

function readSucceed(state: JsonObject, { name, place, surroundings, end }: StateContext): State {
  refuseUnknown(state, [...common, 'Output'], place)
  end()
  return { type: 'Succeed', name, output: readTemplate(state, 'Output', place, surroundings) }
}

function readFail(state: JsonObject, { name, place, surroundings, end }: StateContext): FailState {
  refuseUnknown(state, [...common, 'Error', 'Cause'], place)
  end()
  return {
    type: 'Fail',
    name,
    error: readText(state, 'Error', place, surroundings),
    cause: readText(state, 'Cause', place, surroundings),
  }
}

function readGuards(state: JsonObject, context: StateContext): Pick<TaskState, 'retry' | 'catch' | keyof Exit> {
  return {
    retry: readRetry(state, context.place),
    catch: readCatch(state, context.place, context.surroundings, context.goTo),
    ...readExit(state, context, { ...context.surroundings, offers: new Set(['result']) }),
  }
}

function readExit(state: JsonObject, { place, goTo, end }: StateContext, surroundings: Surroundings): Exit {
  const next = readString(state, 'Next', place, 'optional')
  const ends = state.End
  if (ends !== undefined && ends !== true)
    place.report('End', 'wrong_type', `must be true, not ${JSON.stringify(ends)}`, 'remove it, or write true')
  if (next !== undefined && ends !== undefined)
    place.report('End', 'conflicting_field', 'stands beside Next', 'keep one of them')
  if (next === undefined && ends === undefined && state.Next === undefined)
    place.report(undefined, 'missing_field', 'has neither Next nor End', 'add one of them')
  if (next !== undefined) goTo(next, place)
  else end()
  return {
    output: readTemplate(state, 'Output', place, surroundings),
    assign: readAssign(state, place, surroundings),
    next,
  }
}

function emptyBlock(): Block {
  return { startAt: '', states: new Map() }
}
