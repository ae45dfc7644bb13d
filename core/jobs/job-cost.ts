import type { Attempt, Job } from '../../schemas/job.ts'
import { isFault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { recipeOf } from './pinned.ts'

const msPerHour = 3_600_000

/** USD per hour of the machines that a job runs on; null: no price is known. */
export type PriceOf = (job: Job) => Promise<number | null>

/** Prices by the definition that a job's recipe names. Each recipe version and each definition is read once per list. */
export function createPriceList(platform: Pick<Platform, 'table' | 'compute'>): PriceOf {
  const definitions = new Map<string, Promise<string>>()
  const prices = new Map<string, Promise<number | null>>()
  return async (job) => {
    const version = `${job.recipe.name}@${job.recipe.version}`
    const definition = await once(definitions, version, async () => {
      const { spec } = await recipeOf(platform.table, job)
      return spec.resources.definition
    })
    return once(prices, definition, () => priceOf(platform, definition))
  }
}

/** What the attempts of a job cost so far in USD, at one price per hour; null without a price. Pure. */
export function jobCost(job: Pick<Job, 'stages' | 'finished_at'>, usdPerHour: number | null, now: Date): number | null {
  return usdPerHour === null ? null : (jobComputeMs(job, now) * usdPerHour) / msPerHour
}

/** How long the containers of a job's attempts ran so far, in milliseconds; those that run at once count each. Pure. */
export function jobComputeMs({ stages, finished_at }: Pick<Job, 'stages' | 'finished_at'>, now: Date): number {
  const attempts = stages.flatMap((stage) => stage.attempts)
  return attempts.reduce((sum, attempt) => sum + attemptMs(attempt, finished_at, now), 0)
}

/** From the start of its container: what waits for a host costs nothing. */
function attemptMs({ compute, ended_at }: Attempt, finished: string | undefined, now: Date): number {
  if (compute?.running_at === undefined) return 0
  const end = ended_at ?? finished
  const until = end === undefined ? now.getTime() : Date.parse(end)
  return Math.max(0, until - Date.parse(compute.running_at))
}

function once<Value>(known: Map<string, Promise<Value>>, key: string, read: () => Promise<Value>): Promise<Value> {
  const value = known.get(key) ?? read()
  known.set(key, value)
  return value
}

/** A definition that is gone, or not to be had now, has no price: a list of jobs does not fail for it. */
async function priceOf({ compute }: Pick<Platform, 'compute'>, definition: string): Promise<number | null> {
  try {
    return (await compute.describeDefinition(definition)).usdPerHour
  } catch (error) {
    if (isFault(error, 'not_found') || isFault(error, 'invalid') || isFault(error, 'busy')) return null
    throw error
  }
}
