import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyPresigned } from '../../adapters/embedded/blob-presign.ts'
import { createBlobs } from '../../adapters/embedded/blobs.ts'
import { isFault } from '../../core/platform/fault.ts'
import { describeBlobsContract } from '../contract/blobs-contract.ts'
import type { BlobsHarness } from '../contract/blobs-harness.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const SIGNING_KEY = 'key of this test'

describeBlobsContract('embedded', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  const clock = createVirtualClock()
  const blobs = createBlobs({ root, baseUrl: () => 'http://127.0.0.1:1', signingKey: SIGNING_KEY, clock })

  const request: BlobsHarness['request'] = async (method, href, body) => {
    try {
      const { pathname, searchParams } = new URL(href)
      const key = verifyPresigned({ method, pathname, query: searchParams }, SIGNING_KEY, clock.now())
      if (method === 'PUT') await blobs.put(key, body ?? '', 'any')
      const opened = method === 'GET' ? await blobs.openStream(key) : undefined
      return { status: 200, body: new Uint8Array(await new Response(opened?.stream ?? null).arrayBuffer()) }
    } catch (error) {
      if (isFault(error, 'forbidden')) return { status: 403, body: new Uint8Array() }
      throw error
    }
  }

  return {
    blobs,
    request,
    pass: (seconds) => clock.advance(seconds * 1000),
    close: () => rm(root, { recursive: true, force: true }),
  }
})
