import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export interface SignedRequest {
  method: string
  /** Path and query as they came. */
  url: string
  headers: Record<string, string | string[] | undefined>
}

/**
 * Why S3 would refuse a presigned request, by its documentation of "Authenticating Requests: Using Query Parameters (AWS Signature
 * Version 4)"; undefined when it would not.
 */
export function presignProblem(request: SignedRequest, secretAccessKey: string, now: Date): string | undefined {
  const { pathname, searchParams: query } = new URL(request.url, 'http://s3')
  const [, date = '', region = '', service = ''] = (query.get('X-Amz-Credential') ?? '').split('/')
  const stamp = query.get('X-Amz-Date') ?? ''
  const signed = (query.get('X-Amz-SignedHeaders') ?? '').split(';')
  const canonical = [
    request.method,
    decodeURIComponent(pathname).split('/').map(uriEncode).join('/'),
    canonicalQuery(query),
    ...signed.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`),
    '',
    signed.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', stamp, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const expected = Buffer.from(hmac(key, text).toString('hex'))
  const given = Buffer.from(query.get('X-Amz-Signature') ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'SignatureDoesNotMatch'
  const begins = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  const seconds = Number(query.get('X-Amz-Expires'))
  if (!(seconds >= 1 && seconds <= 604_800)) return 'AuthorizationQueryParametersError'
  return now.getTime() < begins + seconds * 1000 ? undefined : 'AccessDenied: Request has expired'
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`)
    .sort()
    .join('&')
}

function uriEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
