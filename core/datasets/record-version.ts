import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { BusinessEvent } from '../platform/business-events.ts'
import { change } from '../platform/guarded-write.ts'
import { type Caller, claimKey } from '../platform/idempotency.ts'
import type { Item, Platform, Table } from '../platform/ports.ts'
import { headDraft, headKey, toDataset, toVersion, versionDraft } from './dataset-store.ts'

type Needs = Pick<Platform, 'table' | 'clock'>

/** Which version was the newest when a caller asked first. */
export type HeadClaim = { latest: string | null }

/** Binds the caller's key to the request and remembers what the name points at, so that a repeat moves nothing. Fault `idempotency_mismatch`. */
export async function claimHead(platform: Needs, name: string, caller: Caller, request: unknown): Promise<HeadClaim> {
  return claimKey(platform, caller, request, { latest: latestOf(await platform.table.get(headKey(name))) })
}

/**
 * Makes a stored version visible: its record with the event, then the name points at it. Whoever brings the same rows again gets the
 * record that is there, with the first lineage. A repeat, by its claim or of the same build, changes nothing.
 */
export async function recordVersion(
  platform: Needs,
  version: DatasetVersion,
  claim?: HeadClaim,
): Promise<DatasetVersion> {
  const { table, clock } = platform
  const first = claim ?? (await claimOfBuild(platform, version))
  const registered = await record(table, version)
  await change(table, headKey(version.name), (head) => {
    // A repeat of an old request must not move the name back to it.
    if (latestOf(head) !== first.latest || first.latest === registered.digest) return undefined
    const { name, digest: latest } = registered
    return { draft: headDraft({ name, latest, updated_at: clock.now().toISOString() }) }
  })
  return registered
}

const latestOf = (head: Item | undefined) => (head ? toDataset(head).latest : null)

function claimOfBuild(platform: Needs, { name, digest, lineage }: DatasetVersion): Promise<HeadClaim> {
  const key = lineage.build && { idempotencyKey: `${lineage.build}/${name}@${digest}` }
  return claimHead(platform, name, { principal: 'builds', ...key }, { name, digest })
}

/** What taints the rows adds up: a taint never goes away. */
async function record(table: Table, version: DatasetVersion): Promise<DatasetVersion> {
  const draft = versionDraft(version)
  const item = await change(table, draft, (current) => {
    if (!current) return { draft, event: registeredEvent(version) }
    const known = toVersion(current)
    const taint = [...new Set([...known.taint, ...version.taint])]
    return taint.length === known.taint.length ? undefined : { draft: versionDraft({ ...known, taint }) }
  })
  return toVersion(item as Item)
}

function registeredEvent({ name, digest, rows, created_at }: DatasetVersion): BusinessEvent {
  return {
    id: `dataset/${name}/${digest}`,
    type: 'dataset.registered.v1',
    time: created_at,
    subject: `dataset/${name}`,
    data: { name, digest, rows },
  }
}
