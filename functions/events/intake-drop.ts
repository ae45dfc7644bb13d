import { intakeDrop as intake } from '../../core/datasets/intake-drop.ts'
import type { Platform } from '../../core/platform/ports.ts'
import type { DropReport } from '../../schemas/drop.ts'

/** An object was put under `drops/`. At least once, unordered; throwing means: deliver again. */
export function intakeDrop(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  key: string,
): Promise<DropReport | undefined> {
  return intake(platform, key)
}
