import { sha256 } from '../platform/digest.ts'
import { type Breach, Fault, invalid } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import type { Item, JsonObject, Table } from '../platform/ports.ts'
import { jsonBytes } from '../platform/table-json.ts'
import { activeRun, getRun, noRun, type Pairs, type Run, runDraft, runKey, shardKey, toRun } from './run-store.ts'

export interface Attributes {
  params: Pairs
  tags: Pairs
}

/** MLflow keeps a run's name as this tag too. */
export const nameTag = 'mlflow.runName'

// An item holds 400 KB. What is there may still grow: a tag's value can be replaced by a longer one.
const inlineBytes = 128 * 1024
const shards = 16

/**
 * Adds parameters and sets tags. A key lives in the run's item while that has room, else in one of 16 shards by its digest, and
 * stays where it is: whoever writes the same key writes the same item, so that guarded writes see each other. Faults: `invalid` for
 * a parameter that has another value, `not_found`, `illegal_transition` when deleted, `too_large` when a shard is full.
 */
export async function addAttributes(table: Table, id: string, given: Attributes): Promise<void> {
  if (isEmpty(given)) return
  const before = activeRun(await getRun(table, id))
  refuseChanges(before.params, given.params)
  let rest = given
  await change(table, runKey(id), (item) => {
    const run = activeRun(known(item, id))
    const placed = placeInline(run, given)
    rest = placed.rest
    return isSame(run, placed.run) ? undefined : { draft: runDraft(placed.run) }
  })
  for (const [shard, part] of byShard(rest)) await addToShard(table, id, shard, part)
}

/** Faults: `not_found` for the run or the tag, `illegal_transition` when the run is deleted. */
export async function removeTag(table: Table, id: string, key: string): Promise<void> {
  const run = activeRun(await getRun(table, id))
  if (!Object.hasOwn(run.tags, key))
    throw new Fault('not_found', `run ${id} has no tag "${key.slice(0, 250)}"; nothing to delete`)
  await change(table, runKey(id), (item) => {
    const current = activeRun(known(item, id))
    const tags = without(current.tags, key)
    return tags && { draft: runDraft({ ...current, tags }) }
  })
  if (!run.sharded) return
  await change(table, shardKey(id, shardOf(key)), (item) => {
    const { params, tags: all } = attributesOf(item)
    const tags = without(all, key)
    return tags && { draft: shardDraft(id, shardOf(key), { params, tags }) }
  })
}

function known(item: Item | undefined, id: string): Run {
  if (item) return toRun(item)
  throw noRun(id)
}

/** The run with what has room in its item, and what has not. */
function placeInline(run: Run, given: Attributes): { run: Run; rest: Attributes } {
  refuseChanges(run.params, given.params)
  let left = run.sharded ? 0 : inlineBytes - jsonBytes({ params: run.params, tags: run.tags }, 'run')
  const place = (have: Pairs, add: Pairs) => {
    const inline = new Map(Object.entries(have))
    const outside: [string, string][] = []
    for (const [key, value] of Object.entries(add)) {
      const size = jsonBytes({ [key]: value }, 'entry')
      if (!inline.has(key) && !(size <= left)) outside.push([key, value])
      else {
        inline.set(key, value)
        left -= size
      }
    }
    return { inline: Object.fromEntries(inline), outside: Object.fromEntries(outside) }
  }
  const [params, tags] = [place(run.params, given.params), place(run.tags, given.tags)]
  const rest = { params: params.outside, tags: tags.outside }
  const name = given.tags[nameTag] ?? run.name
  const next = { ...run, name, params: params.inline, tags: tags.inline }
  return { run: isEmpty(rest) ? next : { ...next, sharded: true }, rest }
}

async function addToShard(table: Table, id: string, shard: string, given: Attributes): Promise<void> {
  await change(table, shardKey(id, shard), (item) => {
    const { params, tags } = attributesOf(item)
    refuseChanges(params, given.params)
    return {
      draft: shardDraft(id, shard, { params: { ...params, ...given.params }, tags: { ...tags, ...given.tags } }),
    }
  })
}

/** Parameters are written once: fault `invalid` names each that has another value. */
function refuseChanges(have: Pairs, given: Pairs): void {
  const changed = Object.entries(given).filter(([key, value]) => Object.hasOwn(have, key) && have[key] !== value)
  if (changed.length === 0) return
  const breaches = changed.map(([key, value]): Breach => {
    const message = `parameter "${key}" is "${brief(have[key] ?? '')}" already and cannot become "${brief(value)}"`
    return { pointer: `/params/${key}`, code: 'immutable', message, remedy: 'Log it under another key.' }
  })
  throw invalid('parameters', breaches)
}

const brief = (value: string) => (value.length > 80 ? `${value.slice(0, 80)}...` : value)

function byShard({ params, tags }: Attributes): Map<string, Attributes> {
  const found = new Map<string, Attributes>()
  const put = (part: keyof Attributes, pairs: Pairs) => {
    for (const [key, value] of Object.entries(pairs)) {
      const shard = found.get(shardOf(key)) ?? { params: {}, tags: {} }
      found.set(shardOf(key), { ...shard, [part]: { ...shard[part], [key]: value } })
    }
  }
  put('params', params)
  put('tags', tags)
  return found
}

const shardOf = (key: string) => (Number.parseInt(sha256(key).slice(0, 4), 16) % shards).toString(16)

const shardDraft = (id: string, shard: string, attributes: Attributes) => ({
  ...shardKey(id, shard),
  data: attributes as unknown as JsonObject,
})

const attributesOf = (item: Item | undefined) => (item?.data ?? { params: {}, tags: {} }) as unknown as Attributes

/** undefined when the key is not there. */
function without(pairs: Pairs, key: string): Pairs | undefined {
  return Object.hasOwn(pairs, key)
    ? Object.fromEntries(Object.entries(pairs).filter(([each]) => each !== key))
    : undefined
}

const isEmpty = ({ params, tags }: Attributes) => Object.keys(params).length + Object.keys(tags).length === 0

const isSame = (a: Run, b: Run) => JSON.stringify(a) === JSON.stringify(b)
