import type { Blobs } from '../../core/platform/ports.ts'

/** What a driver gives the suite. The store may hold other objects: every test keeps to its own prefix. */
export interface BlobsHarness {
  blobs: Blobs
  /** Sends a request to a presigned URL, by HTTP or by the code behind the route. */
  request(
    method: 'GET' | 'PUT',
    url: string,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<{ status: number; body: Uint8Array }>
  /** Makes presigned URLs that last this long expire. */
  pass(seconds: number): Promise<void>
  close(): Promise<void>
  /** `same` where the etag tells the bytes (S3) and not the write. */
  etagOfSameBytes?: 'same'
}

export type OpenBlobs = () => Promise<BlobsHarness>

let scopes = 0

/** A prefix that no other test and no earlier run used, with a slash at the end. */
export function ownPrefix(): string {
  scopes += 1
  return `t/${Date.now().toString(36)}-${process.pid}-${scopes}/`
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text))
}

export async function textOf(bytes: Promise<Uint8Array | undefined>): Promise<string | undefined> {
  const read = await bytes
  return read && Buffer.from(read).toString()
}

export async function* chunked(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield bytesOf(chunk)
}

/** All keys under the prefix without it, following `after` in pages. */
export async function keysUnder(blobs: Blobs, prefix: string, limit = 1000): Promise<string[]> {
  const keys: string[] = []
  for (let after = ''; ; ) {
    const page = await blobs.list(after === '' ? { prefix, limit } : { prefix, limit, after })
    keys.push(...page.items.map((item) => item.key))
    if (page.cursor === undefined) return keys.map((key) => key.slice(prefix.length))
    after = page.cursor
  }
}
