import type { Platform } from '../../core/platform/ports.ts'
import { createLog, type Log, toStdout, type WriteLine } from './log.ts'
import { type Count, createCount, faultMetric } from './metrics.ts'

/** What an entry is made of: which function it is, where, over which platform. */
export interface Entry {
  /** In functions/manifest.ts. */
  name: string
  stage: string
  platform: Platform
  write?: WriteLine
}

export interface Invocation {
  log: Log
  count: Count
  /** Adds fields to the line that ends the invocation. */
  note(fields: Record<string, unknown>): void
}

/** The part of Lambda's context that the entries use. */
export interface LambdaContext {
  awsRequestId: string
}

/**
 * Runs an invocation with its log, whose lines carry function, stage, request and whether it is the first of its process. An error
 * is logged, counted by its code and thrown on as it is: what becomes of it then is the trigger's matter. A quiet one logs only that.
 */
export function createInvoker({
  name,
  stage,
  platform,
  write = toStdout,
  isQuiet = false,
}: Omit<Entry, 'platform'> & { platform: Pick<Platform, 'clock'>; isQuiet?: boolean }) {
  const { clock } = platform
  const count = createCount(write, clock, { stage, function: name })
  let isCold = true
  return async <Result>(
    { awsRequestId }: LambdaContext,
    run: (invocation: Invocation) => Promise<Result>,
  ): Promise<Result> => {
    const log = createLog(write, clock, { function: name, stage, request: awsRequestId, cold_start: isCold })
    isCold = false
    const started = clock.now().getTime()
    const noted: Record<string, unknown> = {}
    const end = () => ({ ...noted, ms: clock.now().getTime() - started })
    try {
      const result = await run({ log, count, note: (fields) => Object.assign(noted, fields) })
      if (!isQuiet) log.info('done', end())
      return result
    } catch (error) {
      log.error('failed', { ...end(), error })
      count(faultMetric(error))
      throw error
    }
  }
}
