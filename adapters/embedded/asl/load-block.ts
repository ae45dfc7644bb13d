import type { JsonObject } from '../../../core/platform/ports.ts'
import { readObject, readString, refuseUnknown } from './fields.ts'
import { isObject } from './json.ts'
import { checkFlow, type Edges } from './load-flow.ts'
import { stateReaders } from './load-states.ts'
import type { Block, State } from './machine.ts'
import type { Place } from './place.ts'

/** What the blocks of one machine share while they are read. */
export interface Reading {
  /** Names of the states read so far: they must be unique in the whole machine. */
  names: Set<string>
}

export interface Scope {
  variables: ReadonlySet<string>
  inMap: boolean
}

/** Reads `StartAt` and `States` of the machine, a branch or an item processor. */
export function readBlock(fields: JsonObject, place: Place, outer: Scope, reading: Reading): Block {
  const startAt = readString(fields, 'StartAt', place, 'required')
  const given = readObject(fields, 'States', place) ?? {}
  const own = assignedVariables(given)
  for (const [name, places] of own) {
    if (outer.variables.has(name))
      place.report(
        undefined,
        'shadowed_variable',
        `state "${places[0]}" assigns "${name}", which an outer scope assigns too`,
        'choose another name',
      )
  }
  const scope: Scope = { variables: new Set([...outer.variables, ...own.keys()]), inMap: outer.inMap }
  const edges: Edges = new Map()
  const states = new Map<string, State>()
  for (const [name, state] of Object.entries(given)) {
    const at = place.at('States').at(name, `state "${name}"`)
    checkName(name, at, reading)
    const read = readState(name, state, at, scope, reading, edges)
    if (read) states.set(name, read)
  }
  if (Object.keys(given).length === 0) place.report('States', 'missing_field', 'has no state', 'add one')
  else checkFlow(startAt, edges, place)
  return { startAt: startAt ?? '', states }
}

function checkName(name: string, place: Place, reading: Reading): void {
  if (name === '' || name.length > 80)
    place.report(undefined, 'wrong_name', 'a state name has 1 to 80 characters', 'choose another name')
  if (reading.names.has(name))
    place.report(undefined, 'duplicate_state', 'the name is used twice in this machine', 'choose another name')
  reading.names.add(name)
}

function readState(
  name: string,
  state: unknown,
  place: Place,
  scope: Scope,
  reading: Reading,
  edges: Edges,
): State | undefined {
  const edge = { targets: [] as { to: string; at: Place; field: string }[], ends: false }
  edges.set(name, edge)
  if (!isObject(state)) {
    place.report(undefined, 'wrong_type', 'must be an object', 'correct it')
    return undefined
  }
  const type = state.Type
  const read = typeof type === 'string' && Object.hasOwn(stateReaders, type) ? stateReaders[type] : undefined
  if (!read) {
    place.report(
      'Type',
      type === undefined ? 'missing_field' : 'unknown_state_type',
      `must be one of ${Object.keys(stateReaders).join(', ')}, not ${JSON.stringify(type)}`,
      'correct it',
    )
    return undefined
  }
  checkLanguage(state, place)
  return read(state, {
    name,
    place,
    surroundings: { ...scope, offers: new Set() },
    goTo: (to, at, field = 'Next') => {
      if (to !== undefined) edge.targets.push({ to, at, field })
    },
    end: () => {
      edge.ends = true
    },
    readBlock: (fields, at, inMap) => {
      refuseUnknown(fields, ['StartAt', 'States', 'Comment', ...(inMap ? ['ProcessorConfig'] : [])], at)
      checkProcessor(fields, at)
      return readBlock(fields, at, { variables: scope.variables, inMap: scope.inMap || inMap }, reading)
    },
  })
}

/** Only JSONata is implemented; a state may say so again. */
export function checkLanguage(fields: JsonObject, place: Place): void {
  const language = fields.QueryLanguage
  if (language !== undefined && language !== 'JSONata')
    place.report('QueryLanguage', 'unsupported', `${JSON.stringify(language)} is not implemented`, 'write "JSONata"')
}

function checkProcessor(fields: JsonObject, place: Place): void {
  const config = fields.ProcessorConfig
  if (config === undefined) return
  if (
    !isObject(config) ||
    Object.keys(config).some((key) => key !== 'Mode') ||
    (config.Mode ?? 'INLINE') !== 'INLINE'
  ) {
    place.report(
      'ProcessorConfig',
      'unsupported',
      'only { "Mode": "INLINE" } is implemented',
      'use it, or leave the field out',
    )
  }
}

/** The variables a block's own states assign, each with the states that do. */
function assignedVariables(states: JsonObject): Map<string, string[]> {
  const assigned = new Map<string, string[]>()
  for (const [name, state] of Object.entries(states)) {
    if (!isObject(state)) continue
    const parts = [state, ...['Choices', 'Catch'].flatMap((list) => (Array.isArray(state[list]) ? state[list] : []))]
    for (const part of parts) {
      const assign = isObject(part) && isObject(part.Assign) ? part.Assign : {}
      for (const variable of Object.keys(assign)) assigned.set(variable, [...(assigned.get(variable) ?? []), name])
    }
  }
  return assigned
}
