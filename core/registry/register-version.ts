import type { ModelVersion } from '../../schemas/registry.ts'
import { Fault, isFault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { listVersionsOf, modelVersionDraft } from './model-store.ts'

/** Registers the next version of a model. Idempotent by job: a job has at most one version. */
export async function registerVersion(
  platform: Pick<Platform, 'table' | 'clock'>,
  draft: Omit<ModelVersion, 'version' | 'created_at'>,
): Promise<ModelVersion> {
  for (let round = 0; round < 16; round++) {
    const versions = await listVersionsOf(platform.table, draft.name)
    const own = versions.find((version) => version.job === draft.job)
    if (own) return own
    const version: ModelVersion = {
      ...draft,
      version: (versions.at(-1)?.version ?? 0) + 1,
      created_at: platform.clock.now().toISOString(),
    }
    try {
      await platform.table.put(modelVersionDraft(version), 'absent', {
        id: `model/${version.name}/${version.version}`,
        type: 'model.registered.v1',
        time: version.created_at,
        subject: `model/${version.name}`,
        data: { name: version.name, version: version.version, job: version.job },
      })
      return version
    } catch (error) {
      if (!isFault(error, 'conflict')) throw error
    }
  }
  throw new Fault('busy', `model "${draft.name}" is being registered by many at once; try again`)
}
