import type { Build, BuildOutput, BuildStatus } from '../../../schemas/build.ts'
import { Fault } from '../../platform/fault.ts'
import { change } from '../../platform/guarded-write.ts'
import type { Item, Platform } from '../../platform/ports.ts'
import { buildEvent } from './build-events.ts'
import { buildDraft, buildKey, isConcluding, isOver, toBuild } from './build-store.ts'

export type BuildStep =
  | { event: 'started' }
  /** What it made is whole, and becomes visible from now on. */
  | { event: 'concluding' }
  | { event: 'succeeded'; outputs: BuildOutput[]; dropped: number }
  | { event: 'failed'; reason: { code: string; message: string } }
  | { event: 'cancelled' }

/** Where a step leads from a status; undefined: nowhere. Once versions become visible nobody cancels any more. Pure. */
export function nextBuildStatus(
  status: BuildStatus,
  event: BuildStep['event'],
  concluding = false,
): BuildStatus | undefined {
  if (isOver(status)) return undefined
  switch (event) {
    case 'started':
      return status === 'submitted' ? 'running' : undefined
    case 'concluding':
      return status === 'running' && !concluding ? 'running' : undefined
    case 'succeeded':
      return status === 'running' ? event : undefined
    case 'cancelled':
      return concluding ? undefined : event
    case 'failed':
      return event
  }
}

/** Moves a build on, once: a late or repeated step leaves it as it is. Fault `not_found`. */
export async function changeBuild(
  { table, clock }: Pick<Platform, 'table' | 'clock'>,
  id: string,
  step: BuildStep,
): Promise<Build> {
  const item = await change(table, buildKey(id), (current) => {
    if (!current) throw new Fault('not_found', `build ${id} does not exist; list builds with: sluice data builds`)
    const build = toBuild(current)
    const status = nextBuildStatus(build.status, step.event, isConcluding(current))
    if (!status) return undefined
    const now = clock.now().toISOString()
    const { event, ...facts } = step
    const changed: Build = { ...build, ...facts, status, updated_at: now, ...(isOver(status) && { finished_at: now }) }
    return isOver(status)
      ? { draft: buildDraft(changed), event: buildEvent(changed, now) }
      : { draft: buildDraft(changed, event === 'concluding' ? { concluding: true } : {}) }
  })
  return toBuild(item as Item)
}
