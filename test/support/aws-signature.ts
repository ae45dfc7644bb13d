import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface SignedRequest {
  method: string
  /** With the query. */
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** The signature that a request carries; undefined when there is none. */
export function signatureOf({ headers }: SignedRequest): string | undefined {
  return /Signature=([0-9a-f]{64})/.exec(headers.authorization ?? '')?.[1]
}

/** Signature Version 4 as AWS documents it, of what arrived, by the headers and the scope that its Authorization names. */
export function expectedSignature({ method, path, headers, body }: SignedRequest, secretAccessKey: string): string {
  const { authorization = '', 'x-amz-date': date } = headers
  const scope = /Credential=[^/]+\/([^,]+),/.exec(authorization)?.[1] ?? ''
  const signed = /SignedHeaders=([^,]+),/.exec(authorization)?.[1]?.split(';') ?? []
  const url = new URL(path, 'http://host')
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const canonical = [
    method,
    url.pathname.split('/').map(encode).join('/'),
    query,
    ...signed.map((name) => `${name}:${headers[name]}`),
    '',
    signed.join(';'),
    sha256(body),
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((inner, part) => hmac(inner, part), `AWS4${secretAccessKey}`)
  return hmac(key, text).toString('hex')
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
