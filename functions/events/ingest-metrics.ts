import { ingestSegment } from '../../core/jobs/ingest-event.ts'
import type { Platform } from '../../core/platform/ports.ts'

/** A trainer shipped a segment. At least once, unordered. Fault `invalid` for the key of anything else. */
export async function ingestMetrics(
  platform: Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock'>,
  key: string,
): Promise<void> {
  await ingestSegment(platform, key)
}
