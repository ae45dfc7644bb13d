import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import type { S3Bucket } from './s3-bucket.ts'
import { s3Fault } from './s3-fault.ts'

/** Deletes the object; S3 answers alike when there is none. */
export async function deleteBlob(bucket: S3Bucket, key: string): Promise<void> {
  try {
    await bucket.client().send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key }))
  } catch (error) {
    throw s3Fault(error, { operation: 'DeleteObject', bucket: bucket.name, key })
  }
}
