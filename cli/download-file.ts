import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { requireSuccess } from './answer.ts'
import { ProblemError } from './problem-error.ts'
import { isNetworkError, networkReason, type Patience, persist } from './retry.ts'

/** GETs a presigned URL into a new file and returns its bytes. A file that is there is never overwritten. Throws ProblemError. */
export async function downloadFile(url: string, path: string, patience: Patience): Promise<number> {
  let size = 0
  const attempt = async () => {
    const response = await fetch(url)
    const { status, headers, body } = response
    if (!response.ok || !body) return { status, headers, text: await response.text() }
    size = await save(Readable.fromWeb(body), path)
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

async function save(source: Readable, path: string): Promise<number> {
  const file = createWriteStream(path, { flags: 'wx' })
  try {
    await pipeline(source, file)
    return file.bytesWritten
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw ProblemError.local('unwritable', `${path} exists; remove it or choose another --output`)
    if (file.pending) throw ProblemError.local('unwritable', `cannot write ${path}: ${message}`)
    await rm(path, { force: true })
    throw error
  }
}
