import { open, rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { requireSuccess } from './answer.ts'
import { ProblemError } from './problem-error.ts'
import { isNetworkError, networkReason, type Patience, persist } from './retry.ts'

export interface DownloadOptions {
  /** A file that is there is replaced once the new one is whole. Else it stays, and that is an error. */
  replace?: boolean
  /** How to get on with a file that is there. */
  remedy?: string
  onProgress?: (received: number) => void
}

/** GETs a presigned URL into a file and returns its bytes. Throws ProblemError. */
export async function downloadFile(
  url: string,
  path: string,
  patience: Patience,
  options: DownloadOptions = {},
): Promise<number> {
  let size = 0
  const attempt = async () => {
    const response = await fetch(url)
    const { status, headers, body } = response
    if (!response.ok || !body) return { status, headers, text: await response.text() }
    size = await save(Readable.fromWeb(body), path, options)
    return { status, headers, text: '' }
  }
  const reply = await persist(attempt, patience).catch((error: unknown) => {
    if (!isNetworkError(error)) throw error
    throw ProblemError.local(
      'download_failed',
      `${path} could not be downloaded: ${networkReason(error)}; run it again`,
    )
  })
  requireSuccess(reply, `GET of ${path}`)
  return size
}

async function save(source: Readable, path: string, options: DownloadOptions): Promise<number> {
  const { replace = false, remedy = 'remove it or choose another --output', onProgress } = options
  const target = replace ? `${path}.part` : path
  const file = await open(target, replace ? 'w' : 'wx').catch(({ code, message }: NodeJS.ErrnoException) => {
    source.destroy()
    const why = code === 'EEXIST' ? `${path} exists; ${remedy}` : `cannot write ${path}: ${message}`
    throw ProblemError.local('unwritable', why)
  })
  let received = 0
  async function* counted(pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      received += piece.length
      onProgress?.(received)
      yield piece
    }
  }
  try {
    await pipeline(source, counted, file.createWriteStream())
    if (replace) await rename(target, path)
    return received
  } catch (error) {
    await rm(target, { force: true })
    throw error
  }
}
