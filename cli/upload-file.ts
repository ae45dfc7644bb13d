import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { requireSuccess } from './answer.ts'
import { ProblemError } from './problem-error.ts'
import { isNetworkError, networkReason, type Patience, persist } from './retry.ts'

/** What the server reads, for people. */
export const readFormats = 'JSONL, a JSON array, CSV or Parquet'

export interface SentFile {
  sha256: string
  bytes: number
}

/**
 * PUTs a file to a presigned URL in pieces, hashing what it sends: memory does not grow with the file. A lost connection starts
 * over. Throws ProblemError.
 */
export async function uploadFile(
  path: string,
  url: string,
  patience: Patience,
  onProgress: (sent: number, total: number) => void,
): Promise<SentFile> {
  const before = await readable(path)
  const total = before.size
  let sha256 = ''
  const attempt = async () => {
    const hash = createHash('sha256')
    const response = await fetch(url, {
      method: 'PUT',
      // Without a length the body goes out in chunked coding, which S3 refuses.
      headers: { 'content-length': String(total), 'content-type': 'application/octet-stream' },
      body: ReadableStream.from(pieces(path, total, hash, (sent) => onProgress(sent, total))),
      duplex: 'half',
      // Ready to follow a redirect, fetch keeps a copy of all that it has sent.
      redirect: 'error',
    })
    sha256 = hash.digest('hex')
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const reply = await persist(attempt, patience).catch(async (error: unknown) => {
    if (!isNetworkError(error)) throw error
    await requireUnchanged(path, before)
    throw ProblemError.local(
      'upload_failed',
      `${path} could not be uploaded to ${new URL(url).origin}: ${networkReason(error)}; run it again`,
    )
  })
  requireSuccess(reply, `PUT of ${path}`)
  await requireUnchanged(path, before)
  return { sha256, bytes: total }
}

async function readable(path: string): Promise<Stats> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message
    throw ProblemError.local('unreadable', `cannot read ${path}: ${why}`)
  })
  if (!found.isFile()) throw ProblemError.local('unreadable', `${path} is not a file; give one file of ${readFormats}`)
  if (found.size === 0)
    throw ProblemError.local('unreadable', `${path} is empty; give ${readFormats} with at least one row`)
  return found
}

/** A file that is still being written looks whole at every line's end. */
async function requireUnchanged(path: string, before: Stats): Promise<void> {
  const after = await stat(path).catch(() => undefined)
  if (after && after.size === before.size && after.mtimeMs === before.mtimeMs) return
  const now = after ? `${after.size} bytes instead of ${before.size}` : 'it is gone'
  const what = after?.size === before.size ? 'written again' : now
  throw ProblemError.local(
    'changed',
    `${path} changed while it was being uploaded (${what}); run it again once nothing writes to it`,
  )
}

async function* pieces(
  path: string,
  total: number,
  hash: ReturnType<typeof createHash>,
  onSent: (sent: number) => void,
): AsyncGenerator<Uint8Array> {
  let sent = 0
  for await (const piece of createReadStream(path, { end: total - 1, highWaterMark: 256 * 1024 })) {
    const chunk = piece as Uint8Array
    hash.update(chunk)
    sent += chunk.length
    yield chunk
    onSent(sent)
  }
}
