import type { ModelVersion } from '../../schemas/registry.ts'
import { Fault, isFault } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import type { Platform, Table } from '../platform/ports.ts'
import { findModelVersion, modelVersionDraft, newestVersion, reservationKey } from './model-store.ts'

/**
 * Registers the next version of a model. A job has at most one version: it reserves a number first, so that a repeat after a crash
 * finds its own. A number that another job took meanwhile is given up for the next.
 */
export async function registerVersion(
  platform: Pick<Platform, 'table' | 'clock'>,
  draft: Omit<ModelVersion, 'version' | 'created_at'>,
): Promise<ModelVersion> {
  let taken: number | undefined
  for (let round = 0; round < 64; round++) {
    const number = await reserve(platform.table, draft, taken)
    const existing = await findModelVersion(platform.table, draft.name, number)
    if (existing?.job === draft.job) return existing
    if (existing === undefined) {
      const version: ModelVersion = { ...draft, version: number, created_at: platform.clock.now().toISOString() }
      if (await wrote(platform.table, version)) return version
      // Somebody was faster: this job's own repeat, perhaps, so the number is looked at again before it is given up.
    } else taken = number
  }
  throw new Fault('busy', `model "${draft.name}" is being registered by many at once; try again`)
}

async function reserve(
  table: Table,
  { name, job }: { name: string; job: string },
  taken: number | undefined,
): Promise<number> {
  const newest = (await newestVersion(table, name))?.version ?? 0
  const item = await change(table, reservationKey(name, job), (current) => {
    if (current && current.data.version !== taken) return undefined
    return { draft: { ...reservationKey(name, job), data: { version: Math.max(newest, taken ?? 0) + 1 } } }
  })
  return Number(item?.data.version)
}

async function wrote(table: Table, version: ModelVersion): Promise<boolean> {
  try {
    await table.put(modelVersionDraft(version), 'absent', {
      id: `model/${version.name}/${version.version}`,
      type: 'model.registered.v1',
      time: version.created_at,
      subject: `model/${version.name}`,
      data: { name: version.name, version: version.version, job: version.job },
    })
    return true
  } catch (error) {
    if (isFault(error, 'conflict')) return false
    throw error
  }
}
