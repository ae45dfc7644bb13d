import type { MlflowPair } from '../../schemas/mlflow.ts'
import { sha256 } from '../platform/digest.ts'
import { type Breach, Fault, invalid, isFault } from '../platform/fault.ts'
import { change, putOnce } from '../platform/guarded-write.ts'
import { queryAll } from '../platform/paging.ts'
import type { Draft, Item, JsonObject, Platform, Table } from '../platform/ports.ts'
import { checkKey, isLonger, trackingLimits } from './limits.ts'

/** A named group of tracked runs. */
export interface Experiment {
  /** Decimal digits, from the name alone: of two that create it at once, both mean the same. */
  id: string
  name: string
  lifecycle_stage: 'active' | 'deleted'
  /** Epoch milliseconds. */
  created: number
  updated: number
  tags: Record<string, string>
}

type Needs = Pick<Platform, 'table' | 'clock'>

/** Of runs that name no experiment. It is there from the start. */
export const defaultExperiment = { id: '0', name: 'Default' } as const

const experimentKey = (id: string) => ({ pk: `EXPERIMENT#${id}`, sk: '-' })
const toExperiment = (item: Item) => item.data as unknown as Experiment

/** Clients take ids for integers, so the digest is given as 18 decimal digits. */
export function experimentId(name: string): string {
  if (name === defaultExperiment.name) return defaultExperiment.id
  return (10n ** 17n + (BigInt(`0x${sha256(name)}`) % (9n * 10n ** 17n))).toString()
}

/** Faults: `conflict` when there is one of this name, also a deleted one; `invalid`. */
export async function createExperiment(
  { table, clock }: Needs,
  name: string,
  tags: readonly MlflowPair[],
): Promise<Experiment> {
  const breaches = [...checkName(name), ...tags.flatMap((tag, i) => checkTag(`/tags/${i}`, tag))]
  if (breaches.length > 0) throw invalid('experiment', breaches)
  const at = clock.now().getTime()
  const own = Object.fromEntries(tags.map(({ key, value }) => [key, value]))
  const made: Experiment = {
    id: experimentId(name),
    name,
    lifecycle_stage: 'active',
    created: at,
    updated: at,
    tags: own,
  }
  const { item, created } = await putOnce(table, experimentDraft(made))
  if (created && made.id !== defaultExperiment.id) return made
  const state = toExperiment(item).lifecycle_stage
  const remedy = state === 'deleted' ? 'restore it, or take another name' : 'get it by its name'
  throw new Fault('conflict', `experiment "${name}" exists already (${state}); ${remedy}`)
}

/** Fault `not_found`. */
export async function getExperiment({ table, clock }: Needs, id: string): Promise<Experiment> {
  const item = await table.get(experimentKey(id))
  if (item) return toExperiment(item)
  if (id !== defaultExperiment.id)
    throw new Fault('not_found', `experiment with id "${id.slice(0, 80)}" does not exist; create it first`)
  const at = clock.now().getTime()
  const made: Experiment = { ...defaultExperiment, lifecycle_stage: 'active', created: at, updated: at, tags: {} }
  return toExperiment((await putOnce(table, experimentDraft(made))).item)
}

/** Fault `not_found`. */
export async function getExperimentByName(platform: Needs, name: string): Promise<Experiment> {
  try {
    return await getExperiment(platform, experimentId(name))
  } catch (cause) {
    if (!isFault(cause, 'not_found')) throw cause
    throw new Fault('not_found', `experiment "${name.slice(0, 200)}" does not exist; create it first`, { cause })
  }
}

/** Oldest first. */
export async function listExperiments(platform: Needs): Promise<Experiment[]> {
  await getExperiment(platform, defaultExperiment.id)
  return Array.fromAsync(
    queryAll(platform.table, { pk: 'EXPERIMENTS', index: 'gsi2', limit: 1000 }),
    (item) => item.data as unknown as Experiment,
  )
}

/** Deletes or restores. Its runs stay as they are. Fault `not_found`. */
export async function setExperimentStage(
  platform: Needs,
  id: string,
  stage: Experiment['lifecycle_stage'],
): Promise<void> {
  if (id === defaultExperiment.id && stage === 'deleted')
    throw new Fault('illegal_transition', 'the default experiment cannot be deleted; delete its runs')
  await changeExperiment(platform, id, (experiment) => ({ ...experiment, lifecycle_stage: stage }))
}

/** Sets a tag, or removes it where `value` is undefined. Faults: `not_found`, `invalid`, `illegal_transition` when deleted. */
export async function setExperimentTag(
  platform: Needs,
  id: string,
  key: string,
  value: string | undefined,
): Promise<void> {
  const breaches = checkTag('', { key, value: value ?? '' })
  if (breaches.length > 0) throw invalid('experiment tag', breaches)
  await changeExperiment(platform, id, (experiment) => {
    const tags = new Map(Object.entries(activeExperiment(experiment).tags))
    if (value !== undefined) tags.set(key, value)
    else if (!tags.delete(key)) throw new Fault('not_found', `experiment ${id} has no tag "${key}"; nothing to delete`)
    return { ...experiment, tags: Object.fromEntries(tags) }
  })
}

/** The experiment. Fault `illegal_transition` when it is deleted. */
export function activeExperiment(experiment: Experiment): Experiment {
  if (experiment.lifecycle_stage === 'active') return experiment
  const { id, name } = experiment
  throw new Fault(
    'illegal_transition',
    `experiment ${id} ("${name}") must be in the 'active' state and is deleted; restore it first`,
  )
}

async function changeExperiment(platform: Needs, id: string, decide: (known: Experiment) => Experiment) {
  await getExperiment(platform, id)
  const updated = platform.clock.now().getTime()
  await change(platform.table as Table, experimentKey(id), (item) =>
    item ? { draft: experimentDraft({ ...decide(toExperiment(item)), updated }) } : undefined,
  )
}

/** `gsi2` lists them by creation. */
function experimentDraft(experiment: Experiment): Draft {
  return {
    ...experimentKey(experiment.id),
    data: experiment as unknown as JsonObject,
    gsi2: { pk: 'EXPERIMENTS', sk: `${String(experiment.created).padStart(15, '0')}#${experiment.id}` },
  }
}

function checkName(name: string): Breach[] {
  const refuse = (code: string, message: string) => [
    { pointer: '/name', code, message, remedy: 'Choose another name.' },
  ]
  if (name.trim() === '') return refuse('missing', 'an experiment needs a name')
  if (isLonger(name, trackingLimits.experimentName))
    return refuse('too_long', `the name is longer than ${trackingLimits.experimentName} characters`)
  return []
}

function checkTag(at: string, { key, value }: MlflowPair): Breach[] {
  const most = trackingLimits.experimentTagValue
  if (!isLonger(value, most)) return checkKey(`${at}/key`, key)
  const message = `the value of tag "${key}" is longer than ${most} characters`
  return [...checkKey(`${at}/key`, key), { pointer: `${at}/value`, code: 'too_long', message, remedy: 'Shorten it.' }]
}
