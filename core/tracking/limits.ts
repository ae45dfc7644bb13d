import type { MlflowMetric, MlflowPair } from '../../schemas/mlflow.ts'
import type { Breach } from '../platform/fault.ts'

/** The limits of MLflow's own server: characters, and entries of one request. */
export const trackingLimits = {
  key: 250,
  paramValue: 6000,
  tagValue: 8000,
  experimentName: 500,
  experimentTagValue: 20_000,
  metricsPerBatch: 1000,
  paramsPerBatch: 100,
  tagsPerBatch: 100,
  entriesPerBatch: 1000,
} as const

export interface Batch {
  metrics: readonly MlflowMetric[]
  params: readonly MlflowPair[]
  tags: readonly MlflowPair[]
}

const manyBreaches = 100

/** Everything in a batch that MLflow refuses, and steps that Sluice does; none when it can be stored. */
export function checkBatch({ metrics, params, tags }: Batch): Breach[] {
  const total = metrics.length + params.length + tags.length
  const breaches = [
    ...count('metrics', metrics.length, trackingLimits.metricsPerBatch),
    ...count('params', params.length, trackingLimits.paramsPerBatch),
    ...count('tags', tags.length, trackingLimits.tagsPerBatch),
    ...count('metrics, params and tags', total, trackingLimits.entriesPerBatch),
  ]
  if (breaches.length > 0) return breaches
  return [
    ...metrics.flatMap((metric, i) => [...checkKey(`/metrics/${i}/key`, metric.key), ...checkMetric(metric, i)]),
    ...params.flatMap(({ key }, i) => checkKey(`/params/${i}/key`, key)),
    ...tags.flatMap(({ key }, i) => checkKey(`/tags/${i}/key`, key)),
    ...repeated(params),
  ].slice(0, manyBreaches)
}

/** A key as MLflow allows it: one that could be a relative file path, in letters of any script. */
export function checkKey(pointer: string, key: string): Breach[] {
  if (isLonger(key, trackingLimits.key))
    return [breach(pointer, 'too_long', `"${key.slice(0, 60)}..." is longer than ${trackingLimits.key} characters`)]
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(key))
    return [
      breach(pointer, 'bad_name', `"${key}" may only have letters, digits, "_", "-", ".", ":", "/" and spaces in it`),
    ]
  if (key.startsWith('..') || key.split('/').some((part) => ['', '.', '..'].includes(part)))
    return [breach(pointer, 'bad_name', `"${key}" would be another name when read as a file path`)]
  return []
}

function checkMetric({ key, step }: MlflowMetric, index: number): Breach[] {
  if (step >= 0 && step <= Number.MAX_SAFE_INTEGER) return []
  const message = `metric "${key}" has step ${step}: Sluice keeps steps from 0 to ${Number.MAX_SAFE_INTEGER}`
  return [{ pointer: `/metrics/${index}/step`, code: 'bad_step', message, remedy: 'Count steps from 0.' }]
}

function count(what: string, given: number, most: number): Breach[] {
  if (given <= most) return []
  const message = `a request can have at most ${most} ${what}, and has ${given}`
  return [{ pointer: '', code: 'too_many', message, remedy: 'Split it into several requests.' }]
}

function repeated(params: readonly MlflowPair[]): Breach[] {
  const keys = params.map(({ key }) => key)
  const twice = [...new Set(keys.filter((key, i) => keys.indexOf(key) !== i))]
  return twice.map((key) => breach('/params', 'repeated', `parameter "${key}" stands twice in one request`))
}

/** Cut to `limit` characters, as MLflow's server cuts values of parameters and tags. */
export function cut(value: string, limit: number): string {
  return isLonger(value, limit) ? [...value].slice(0, limit).join('') : value
}

/** Characters, not UTF-16 units. */
export function isLonger(value: string, limit: number): boolean {
  return value.length > limit && [...value].length > limit
}

const breach = (pointer: string, code: string, message: string): Breach => ({
  pointer,
  code,
  message,
  remedy: 'Change it and log it again.',
})
