import { open } from 'node:fs/promises'
import type { ByteSource } from '../../core/formats/byte-source.ts'
import { ProblemError } from '../problem-error.ts'

const pieceBytes = 256 * 1024

/** A local file to read at any place. Throws ProblemError when it cannot be opened. */
export async function openFile(path: string): Promise<ByteSource & { close(): Promise<void> }> {
  const unreadable = (why: string) => ProblemError.local('unreadable', `cannot read ${path}: ${why}`)
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error.code === 'ENOENT' ? 'there is no such file' : error.message)
  })
  const found = await file.stat()
  if (!found.isFile()) {
    await file.close()
    throw unreadable('it is not a file')
  }
  const slice = async (start: number, end: number) => {
    const bytes = Buffer.alloc(Math.max(0, end - start))
    let filled = 0
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return bytes.subarray(0, filled)
  }
  async function* stream() {
    for (let start = 0; start < found.size; start += pieceBytes)
      yield await slice(start, Math.min(found.size, start + pieceBytes))
  }
  return { size: found.size, slice, stream, close: () => file.close() }
}
