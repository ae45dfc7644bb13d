import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Grants } from '../../functions/manifest.ts'

/**
 * Key patterns as S3 permissions. Listing follows reading. Who writes may look at what lies there: `If-Match` asks for it, and a write
 * whose answer was lost is known again only by its object.
 */
export function blobStatements(bucket: Bucket, grants: NonNullable<Grants['blobs']>): PolicyStatement[] {
  const { read = [], write = [], delete: removed = [] } = grants
  return [
    ...objects(bucket, ['s3:GetObject'], read),
    ...listing(bucket, read),
    ...objects(bucket, ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], write),
    ...objects(bucket, ['s3:DeleteObject'], removed),
  ]
}

function objects(bucket: Bucket, actions: string[], patterns: readonly string[]): PolicyStatement[] {
  if (patterns.length === 0) return []
  return [new PolicyStatement({ actions, resources: patterns.map((pattern) => bucket.arnForObjects(pattern)) })]
}

/**
 * Without s3:ListBucket S3 answers 403 instead of 404 for an object that is not there. That look-up carries no prefix, hence
 * `IfExists`; a listing that names a prefix outside of the patterns is refused.
 */
function listing(bucket: Bucket, patterns: readonly string[]): PolicyStatement[] {
  if (patterns.length === 0) return []
  return [
    new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
      ...(!patterns.includes('*') && { conditions: { StringLikeIfExists: { 's3:prefix': [...patterns] } } }),
    }),
  ]
}
