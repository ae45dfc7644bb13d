import { setTimeout } from 'node:timers/promises'
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { createBlobs } from '../../adapters/aws/blobs.ts'
import { describeBlobsContract } from '../contract/blobs-contract.ts'
import { ownName } from '../support/moto.ts'
import { type AccountOptions, describeOnRealAccount } from '../support/real-account.ts'

await describeOnRealAccount('S3 in a real account', (account) => {
  describeBlobsContract('S3', async () => {
    const { client, bucket, close } = await createOwnBucket(account)
    return {
      blobs: createBlobs({ client: account, bucket }),
      async request(method, url, body) {
        const response = await fetch(url, { method, body: body ?? null })
        return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) }
      },
      pass: (seconds) => setTimeout(seconds * 1000),
      async close() {
        await close()
        client.destroy()
      },
      etagOfSameBytes: 'same',
    }
  })
})

/** An empty bucket that `close` empties and deletes. */
async function createOwnBucket(account: AccountOptions) {
  const client = new S3Client(account)
  const bucket = ownName('sluice-contract').toLowerCase()
  // S3 knows no location constraint for its first region.
  const elsewhere = account.region !== 'us-east-1'
  const location = { CreateBucketConfiguration: { LocationConstraint: account.region as BucketLocationConstraint } }
  await client.send(new CreateBucketCommand({ Bucket: bucket, ...(elsewhere && location) }))
  return {
    client,
    bucket,
    async close() {
      for (;;) {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
        if (Contents.length === 0) break
        const Objects = Contents.map(({ Key }) => ({ Key }))
        await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }))
      }
      await client.send(new DeleteBucketCommand({ Bucket: bucket }))
    },
  }
}
