import { createHash } from 'node:crypto'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { presignProblem } from './s3-signature.ts'

export interface S3Call {
  method: string
  url: URL
  headers: IncomingMessage['headers']
}

/** What becomes of a call: `lose` does it and drops the answer, `cut` ends the connection after so many bytes of the body, `flip` alters one. */
export type Mishap = { lose: true } | { cut: number } | { flip: number } | { status: number; code: string }

export interface S3Proxy {
  endpoint: string
  /** Every call so far, for example "PUT /bucket/key". */
  calls: S3Call[]
  /** Asked about each call before it is done. */
  mishap: (call: S3Call) => Mishap | undefined
  stop(): Promise<void>
}

const CHECKSUM = 'x-amz-checksum-sha256'

/**
 * Stands in front of moto and does what S3 documents and moto does not: presigned requests must be signed and in time,
 * CompleteMultipartUpload obeys If-Match, a condition is checked in one step with its write, and SHA-256 checksums are compared, kept
 * and given back. Also breaks what it is told to.
 */
export async function startS3Proxy(moto: string, secretAccessKey: string, now: () => Date): Promise<S3Proxy> {
  const { hostname, port } = new URL(moto)
  let last: Promise<unknown> = Promise.resolve()
  const checksums = new Map<string, string>()

  const server = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray())
    const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host}`)
    const call: S3Call = { method: incoming.method ?? '', url, headers: incoming.headers }
    proxy.calls.push(call)
    const mishap = proxy.mishap(call)
    if (mishap && 'status' in mishap) return refuse(outgoing, mishap.status, mishap.code)
    if (!incoming.headers.authorization) {
      const signed = { method: call.method, url: incoming.url ?? '', headers: incoming.headers }
      const problem = presignProblem(signed, secretAccessKey, now())
      if (problem) return refuse(outgoing, 403, problem)
    }
    // Writes one after the other: moto looks at a condition first and writes later.
    const answer =
      call.method === 'GET' || call.method === 'HEAD' ? perform(call, incoming, body) : inTurn(call, incoming, body)
    await answer.then((answered) => deliver(answered, outgoing, mishap)).catch(() => outgoing.destroy())
  })

  function inTurn(call: S3Call, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    const turn = last.then(async () => (await completionProblem(call)) ?? perform(call, incoming, body))
    last = turn.catch(() => {})
    return turn
  }

  async function perform({ method, headers }: S3Call, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    const checksum = headers[CHECKSUM]
    if (typeof checksum === 'string' && checksum !== createHash('sha256').update(body).digest('base64'))
      return { status: 400, headers: {}, body: Buffer.from(problemXml('BadDigest')) }
    const answer = await send(method, incoming.url ?? '/', incoming.rawHeaders, body)
    // moto's ETag tells the bytes, whichever write they come from.
    const etag = answer.headers.etag ?? ''
    if (method === 'PUT' && typeof checksum === 'string') checksums.set(etag, checksum)
    const kept = checksums.get(etag)
    if (method !== 'GET' || answer.status !== 200 || !kept || headers['x-amz-checksum-mode'] !== 'ENABLED')
      return answer
    return { ...answer, headers: { ...answer.headers, [CHECKSUM]: kept, 'x-amz-checksum-type': 'FULL_OBJECT' } }
  }

  async function completionProblem({ method, url, headers }: S3Call): Promise<Answer | undefined> {
    const wanted = headers['if-match']
    if (method !== 'POST' || !url.searchParams.has('uploadId') || wanted === undefined) return undefined
    const { status, headers: found } = await send(
      'HEAD',
      url.pathname,
      ['host', headers.host ?? '', 'authorization', headers.authorization ?? ''],
      Buffer.alloc(0),
    )
    if (status === 404) return { status: 404, headers: {}, body: Buffer.from(problemXml('NoSuchKey')) }
    if (found.etag === wanted) return undefined
    return { status: 412, headers: {}, body: Buffer.from(problemXml('PreconditionFailed')) }
  }

  function send(method: string, path: string, headers: string[], body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({ hostname, port, method, path, headers }, async (answer) => {
        const { statusCode: status = 500, headers } = answer
        resolve({ status, headers, body: Buffer.concat(await answer.toArray()) })
      })
      outgoing.on('error', reject).end(body)
    })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    mishap: () => undefined,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

function deliver({ status, headers, body }: Answer, outgoing: ServerResponse, mishap: Mishap | undefined): void {
  if (mishap && 'lose' in mishap) {
    outgoing.destroy()
    return
  }
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...kept } = headers
  outgoing.writeHead(status, kept)
  if (mishap && 'flip' in mishap) body[mishap.flip] = ~(body[mishap.flip] ?? 0)
  if (!mishap || !('cut' in mishap)) outgoing.end(body)
  else outgoing.write(body.subarray(0, mishap.cut), () => outgoing.destroy())
}

function refuse(outgoing: ServerResponse, status: number, code: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml' }).end(problemXml(code))
}

function problemXml(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code.split(':')[0]}</Code><Message>${code}</Message></Error>`
}
