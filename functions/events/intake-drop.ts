import type { Platform } from '../../core/platform/ports.ts'
import type { DropReport } from '../../schemas/drop.ts'

/** An object was put under `drops/`. At least once, unordered; throwing means: deliver again. */
export async function intakeDrop(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  key: string,
): Promise<DropReport | undefined> {
  // Its readers of files are half of all consumers' code.
  const { intakeDrop: intake } = await import('../../core/datasets/intake-drop.ts')
  return intake(platform, key)
}
