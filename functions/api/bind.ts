import type { Context, Hono } from 'hono'
import type * as z from 'zod'
import { Fault } from '../../core/platform/fault.ts'
import type { Caller } from '../../core/platform/idempotency.ts'
import { breachesOf } from '../../core/platform/parse.ts'
import type { Operation } from '../../schemas/operations/operation.ts'
import { version } from '../version.ts'
import { type Authenticate, requireScope } from './auth.ts'

type Parsed<Op extends Operation, Part extends 'params' | 'query' | 'body'> = Op[Part] extends z.ZodType
  ? z.infer<Op[Part]>
  : undefined

export interface Input<Op extends Operation> {
  params: Parsed<Op, 'params'>
  query: Parsed<Op, 'query'>
  body: Parsed<Op, 'body'>
  caller: Caller
}

export type Binder = <Op extends Operation>(
  operation: Op,
  handle: (input: Input<Op>) => Promise<z.infer<Op['response']>>,
  location?: ((result: z.infer<Op['response']>) => string | undefined) | undefined,
  etag?: EtagOf<Op>,
) => void

/**
 * What changes whenever the answer does, without quotes and commas; undefined: nothing is known. Asked before the answer is made: a
 * client that has it already is told so with 304. Its faults are the answer's.
 */
export type EtagOf<Op extends Operation> = (input: Input<Op>) => Promise<string | undefined>

const keyPattern = /^[\x21-\x7e]{1,200}$/

/** Binds operations of the API table to use cases: authenticates, checks the scope, parses everything, answers with the table's status. */
export function binder(app: Hono, authenticate: Authenticate): Binder {
  return (operation, handle, location, etag) => {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1')
    app.on(operation.method.toUpperCase(), path, async (context) => {
      const caller = await identify(context, operation, authenticate)
      const input = { ...(await parseInput(context, operation)), caller } as Input<typeof operation>
      const tag = await etag?.(input)
      if (tag !== undefined && isKnown(context, tag)) return context.body(null, 304, headersOf(tag))
      const result = await handle(input)
      const place = location?.(result)
      if (place !== undefined) context.header('Location', place)
      return context.json(result as object, operation.status, tag === undefined ? {} : headersOf(tag))
    })
  }
}

/** An answer under a tag may be kept, and is asked for again each time. */
function headersOf(tag: string): Record<string, string> {
  return { etag: entityTag(tag), 'cache-control': 'private, no-cache' }
}

/** Of this version of the control plane: another one may answer the same in another form. */
function entityTag(tag: string): string {
  return `"${version}-${tag}"`
}

/** Whether the client has the answer under this tag [RFC 9110 13.1.2]. */
function isKnown({ req }: Context, tag: string): boolean {
  const known = req.header('if-none-match')?.split(',') ?? []
  return known.some((each) => ['*', entityTag(tag)].includes(each.trim().replace(/^W\//, '')))
}

export async function identify(context: Context, operation: Operation, authenticate: Authenticate): Promise<Caller> {
  if (!operation.scope) return { principal: 'anybody' }
  const principal = await authenticate(context.req.raw, context.env)
  requireScope(principal, operation.scope)
  const key = context.req.header('idempotency-key')
  if (key === undefined) return { principal: principal.id }
  if (!keyPattern.test(key)) throw badKey()
  return { principal: principal.id, idempotencyKey: key }
}

function badKey(): Fault {
  const message = 'Idempotency-Key must be 1 to 200 visible ASCII characters'
  const remedy = 'Send a fresh UUID for each new request, and the same one when you repeat it.'
  return new Fault('invalid', message, {
    errors: [{ pointer: '/header/Idempotency-Key', code: 'bad_header', message, remedy }],
  })
}

export async function parseInput(context: Context, operation: Operation) {
  const parts = {
    params: operation.params?.safeParse(context.req.param()),
    query: operation.query?.safeParse(context.req.query()),
    body: operation.body?.safeParse(await jsonBody(context, operation)),
  }
  const at = { params: ['path'], query: ['query'], body: [] }
  const errors = (['params', 'query', 'body'] as const).flatMap((part) => {
    const [schema, result] = [operation[part], parts[part]]
    return schema && result && !result.success ? breachesOf(schema, result.error.issues, at[part]) : []
  })
  if (errors.length > 0)
    throw new Fault('invalid', `${errors.length} problem${errors.length === 1 ? '' : 's'} in the request`, { errors })
  return { params: parts.params?.data, query: parts.query?.data, body: parts.body?.data }
}

async function jsonBody(context: Context, operation: Operation): Promise<unknown> {
  if (!operation.body) return undefined
  const text = await context.req.text()
  if (text === '') return {}
  const type = context.req.header('content-type') ?? ''
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type))
    throw new Fault('unsupported_media_type', `the body has content type "${type}"; send application/json`)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault('invalid', `the body is not JSON: ${(cause as Error).message}`, {
      errors: [
        { pointer: '', code: 'bad_json', message: (cause as Error).message, remedy: 'Send one JSON value, in UTF-8.' },
      ],
      cause,
    })
  }
}
