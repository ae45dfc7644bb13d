import { describeBlobsContract } from '../contract/blobs-contract.ts'
import { describeOnMoto } from '../support/moto.ts'
import { openBucket } from '../support/s3-bucket.ts'

describeOnMoto('S3', () => {
  describeBlobsContract('S3 on moto', async () => {
    const { blobs, pass, close } = await openBucket()
    return {
      blobs,
      async request(method, url, body) {
        const response = await fetch(url, { method, body: body ?? null })
        return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) }
      },
      pass,
      close,
      etagOfSameBytes: 'same',
    }
  })
})
