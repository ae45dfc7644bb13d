import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Fault } from '../../core/platform/fault.ts'
import type { BlobInfo } from '../../core/platform/ports.ts'
import { MOST_PARTS, type Part } from './blob-parts.ts'
import { isLost, ownObject, WRITE_ID, type Write, writeFault } from './blob-write.ts'
import { conditionOf, objectInfo } from './s3-bucket.ts'
import { s3Fault } from './s3-fault.ts'

interface Upload {
  Bucket: string
  Key: string
  UploadId: string | undefined
}

// What may be on its way at once; parts that are larger go one by one.
const WINDOW_BYTES = 32 * 1_048_576
// SHA-256 of a multipart object would be one of its parts' digests, and cost a second hashing of every byte.
const CHECKSUM = 'CRC32'

/** Stores `first` and the parts that follow as one object; the guard holds at its completion. Leaves no upload behind. */
export async function putMultipart(write: Write, first: Uint8Array, rest: AsyncIterable<Part>): Promise<BlobInfo> {
  const upload = await createUpload(write)
  try {
    const { parts, size } = await uploadParts(write, upload, first, rest)
    return await complete(write, upload, parts, size)
  } catch (error) {
    await abort(write, upload)
    throw error
  }
}

async function createUpload({ bucket, key, id }: Write): Promise<Upload> {
  const object = { Bucket: bucket.name, Key: key }
  const mark = { ChecksumAlgorithm: CHECKSUM, Metadata: { [WRITE_ID]: id } } as const
  try {
    const { UploadId } = await bucket.client().send(new CreateMultipartUploadCommand({ ...object, ...mark }))
    return { ...object, UploadId }
  } catch (error) {
    throw s3Fault(error, { operation: 'CreateMultipartUpload', bucket: bucket.name, key })
  }
}

async function uploadParts(
  write: Write,
  upload: Upload,
  first: Uint8Array,
  rest: AsyncIterable<Part>,
): Promise<{ parts: CompletedPart[]; size: number }> {
  const parts: CompletedPart[] = []
  const underWay = new Set<Promise<void>>()
  const failures: unknown[] = []
  let size = 0
  let number = 0

  async function begin(bytes: Uint8Array): Promise<void> {
    while (underWay.size > 0 && (underWay.size + 1) * bytes.length > WINDOW_BYTES) await Promise.race(underWay)
    if (failures.length > 0) throw failures[0]
    number += 1
    if (number > MOST_PARTS)
      throw new Fault(
        'too_large',
        `blob ${write.key} is larger than the ${size} bytes that S3 takes in ${MOST_PARTS} parts`,
      )
    size += bytes.length
    const sent: Promise<void> = uploadPart(write, upload, number, bytes)
      .then((part) => {
        parts[(part.PartNumber ?? 0) - 1] = part
      })
      .catch((error: unknown) => {
        failures.push(error)
      })
      .finally(() => underWay.delete(sent))
    underWay.add(sent)
  }

  try {
    await begin(first)
    for await (const { bytes } of rest) await begin(bytes)
  } finally {
    // An upload that is aborted while a part is on its way keeps that part, and its price.
    await Promise.all(underWay)
  }
  if (failures.length > 0) throw failures[0]
  return { parts, size }
}

async function uploadPart(
  { bucket, key }: Write,
  upload: Upload,
  PartNumber: number,
  Body: Uint8Array,
): Promise<CompletedPart> {
  const command = new UploadPartCommand({ ...upload, PartNumber, Body, ChecksumAlgorithm: CHECKSUM })
  try {
    const { ETag, ChecksumCRC32 } = await bucket.client().send(command)
    return { PartNumber, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) }
  } catch (error) {
    throw s3Fault(error, { operation: `UploadPart ${PartNumber}`, bucket: bucket.name, key })
  }
}

async function complete(write: Write, upload: Upload, Parts: CompletedPart[], size: number): Promise<BlobInfo> {
  const { bucket, key, guard } = write
  const command = new CompleteMultipartUploadCommand({
    ...upload,
    ...conditionOf(key, guard),
    MultipartUpload: { Parts },
  })
  try {
    const { ETag } = await bucket.client().send(command)
    return objectInfo(key, size, ETag, bucket.clock.now())
  } catch (error) {
    const own = isLost(error) ? await ownObject(write) : undefined
    if (own) return own
    throw writeFault(write, 'CompleteMultipartUpload', error)
  }
}

// Best effort: a lifecycle rule of the bucket ends what stays. The fault that led here tells more than one of the abort would.
async function abort({ bucket }: Write, upload: Upload): Promise<void> {
  try {
    await bucket.client().send(new AbortMultipartUploadCommand(upload))
  } catch {}
}
