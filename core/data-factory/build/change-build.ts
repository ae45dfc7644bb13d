import type { Build, BuildOutput, BuildStatus } from '../../../schemas/build.ts'
import { Fault } from '../../platform/fault.ts'
import { change } from '../../platform/guarded-write.ts'
import type { Item, Platform } from '../../platform/ports.ts'
import { buildEvent } from './build-events.ts'
import { buildDraft, buildKey, isOver, toBuild } from './build-store.ts'

export type BuildStep =
  | { event: 'started' }
  | { event: 'succeeded'; outputs: BuildOutput[]; dropped: number }
  | { event: 'failed'; reason: { code: string; message: string } }
  | { event: 'cancelled' }

/** Where a step leads from a status; undefined: nowhere. Pure. */
export function nextBuildStatus(status: BuildStatus, event: BuildStep['event']): BuildStatus | undefined {
  if (isOver(status)) return undefined
  if (event === 'started') return status === 'submitted' ? 'running' : undefined
  if (event === 'succeeded' && status !== 'running') return undefined
  return event
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
    const status = nextBuildStatus(build.status, step.event)
    if (!status) return undefined
    const now = clock.now().toISOString()
    const { event, ...facts } = step
    const changed: Build = { ...build, ...facts, status, updated_at: now, ...(isOver(status) && { finished_at: now }) }
    return isOver(status)
      ? { draft: buildDraft(changed), event: buildEvent(changed, now) }
      : { draft: buildDraft(changed) }
  })
  return toBuild(item as Item)
}
