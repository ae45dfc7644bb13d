import { Hono } from 'hono'
import { verifyPresigned } from '../adapters/embedded/blob-presign.ts'
import type { EmbeddedBlobs } from '../adapters/embedded/blobs.ts'
import { Fault } from '../core/platform/fault.ts'
import type { Platform } from '../core/platform/ports.ts'
import { isInternal, toProblem } from '../functions/api/faults.ts'

export interface BlobRoutesOptions extends Pick<Platform, 'clock' | 'ids'> {
  signingKey: string
  /** Gets what the caller is not told. */
  logError: (requestId: string, error: unknown) => void
}

/** Serves presigned URLs, as S3 does on AWS: one method on one key until it expires. */
export function blobRoutes(blobs: EmbeddedBlobs, { signingKey, clock, ids, logError }: BlobRoutesOptions): Hono {
  const app = new Hono()
  const keyOf = (request: Request) => {
    const url = new URL(request.url)
    return verifyPresigned(
      { method: request.method, pathname: url.pathname, query: url.searchParams },
      signingKey,
      clock.now(),
    )
  }

  app.onError((error, context) => {
    const requestId = `req-${ids.next()}`
    if (isInternal(error)) logError(requestId, error)
    const { problem, status } = toProblem(error, requestId)
    return context.body(JSON.stringify(problem), status, { 'content-type': 'application/problem+json' })
  })
  app.get('/blobs/*', async (context) => {
    const key = keyOf(context.req.raw)
    const found = await blobs.openStream(key)
    if (!found) throw new Fault('not_found', `${key} does not exist`)
    return context.body(found.stream, 200, { 'content-length': String(found.info.size), etag: `"${found.info.etag}"` })
  })
  app.put('/blobs/*', async (context) => {
    const key = keyOf(context.req.raw)
    const { body } = context.req.raw
    if (!body) throw new Fault('invalid', 'the request has no body; send the file as the body')
    const stored = await blobs.put(key, body, 'any')
    return context.json({ sha256: stored.sha256, size: stored.size }, 200)
  })
  return app
}
