import type { Upload } from '../../schemas/dataset.ts'
import type { Platform } from '../platform/ports.ts'

const validSeconds = 3600

export const uploadKey = (upload: string) => `uploads/${upload}`

/** A place to PUT one file, for an hour. */
export async function createUpload(platform: Pick<Platform, 'blobs' | 'clock' | 'ids'>): Promise<Upload> {
  const upload = `upl-${platform.ids.next()}`
  const url = await platform.blobs.presign(uploadKey(upload), 'PUT', validSeconds)
  return { upload, url, expires_at: new Date(platform.clock.now().getTime() + validSeconds * 1000).toISOString() }
}
