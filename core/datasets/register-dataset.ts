import type { DatasetVersion, RegisterDataset } from '../../schemas/dataset.ts'
import { sha256OfBlob } from '../platform/digest.ts'
import { Fault, isFault } from '../platform/fault.ts'
import type { Caller } from '../platform/idempotency.ts'
import type { Blobs, Platform } from '../platform/ports.ts'
import { type RowSource, registerRows } from './register-rows.ts'
import { uploadKey } from './uploads.ts'

/** Turns an upload into an immutable version, as `registerRows` does. Fault `corrupt` when it is not what the request says. */
export async function registerDataset(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  name: string,
  request: RegisterDataset,
  caller: Caller,
): Promise<DatasetVersion> {
  const { blobs } = platform
  const { format, taint, upload, suite } = request
  const sha256 = await digestOfUpload(blobs, request)
  const read = () => blobs.read(uploadKey(upload))
  const source: RowSource = { how: 'upload', read, sha256, format, taint, suite, claim: { name, ...request } }
  return registerRows(platform, name, source, caller)
}

async function digestOfUpload(blobs: Blobs, request: RegisterDataset): Promise<string> {
  try {
    const { sha256 } = await sha256OfBlob(blobs, uploadKey(request.upload))
    if (request.sha256 === undefined || request.sha256 === sha256) return sha256
    throw new Fault(
      'corrupt',
      `upload ${request.upload} has sha256 ${sha256}, not ${request.sha256}: it changed on the way; upload it again`,
    )
  } catch (error) {
    if (!isFault(error, 'not_found')) throw error
    throw new Fault(
      'not_found',
      `upload ${request.upload} holds no file; PUT the file to the URL that POST /v1/uploads returned, then register it`,
    )
  }
}
