import type { DatasetVersion, Lineage } from '../../schemas/dataset.ts'
import type { Platform } from '../platform/ports.ts'
import { type HeadClaim, recordVersion } from './record-version.ts'
import { storeVersion, type VersionFiles } from './store-version.ts'
import { markSuite } from './suites.ts'

export interface PublishedDraft extends VersionFiles {
  lineage: Lineage
  taint: string[]
  /** Of the file as it came, where there was one. */
  source_sha256?: string
  /** Its items are kept out of training data from now on. */
  suite?: boolean
}

/**
 * Makes measured rows a version: rows, report, manifest, record with its event, and last the name points at it. Nothing is visible
 * before the record, and a repeat changes nothing. Fault `corrupt` when the content is not what its digest says.
 */
export async function publishVersion(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  draft: PublishedDraft,
  claim?: HeadClaim,
): Promise<DatasetVersion> {
  await storeVersion(platform.blobs, draft)
  // Before its rows can be found: no build may miss them.
  if (draft.suite) await markSuite(platform.table, draft.name)
  return recordVersion(platform, versionOf(draft, platform.clock.now()), claim)
}

/** The record of stored rows. */
export function versionOf(
  draft: Omit<VersionFiles, 'content' | 'report'> & Pick<PublishedDraft, 'lineage' | 'taint' | 'source_sha256'>,
  now: Date,
): DatasetVersion {
  const { name, digest, merkle_root, rows, bytes, format, source_sha256, taint, lineage } = draft
  return {
    name,
    digest,
    merkle_root,
    rows,
    bytes,
    format,
    ...(source_sha256 !== undefined && { source_sha256 }),
    taint,
    lineage,
    created_at: now.toISOString(),
  }
}
