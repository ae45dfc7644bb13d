import type * as z from 'zod'
import { endSession, session } from '../state/session.ts'
import { readEvents } from './event-stream.ts'
import { ProblemError, unreachable } from './problem.ts'
import { type OperationName, type Operations, routes } from './routes.ts'

type Part<Op, Name extends string> = Op extends { [Key in Name]: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : never
type Given<Op, Name extends 'params' | 'body'> = Op extends { [Key in Name]: z.ZodType }
  ? { [Key in Name]: Part<Op, Name> }
  : object
type Query<Op> = Op extends { query: z.ZodType } ? { query?: Part<Op, 'query'> } : object

export type Input<Name extends OperationName> = Given<Operations[Name], 'params'> &
  Query<Operations[Name]> &
  Given<Operations[Name], 'body'>
export type Answer<Name extends OperationName> = z.output<Operations[Name]['response']>

interface Parts {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
}

export interface CallOptions {
  signal?: AbortSignal
  /** The same for every repeat of one request that creates. */
  key?: string
  /** Of a stream: the last event that was seen. */
  lastId?: string
  onOpen?: () => void
}

/** The HTTP API, one function for every operation. Throws ProblemError; an answer 401 also ends the session. */
export const client = {
  async call<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
    options: CallOptions = {},
  ): Promise<Answer<Name>> {
    const response = await accepted(await send(routes[name], input as Parts, options))
    return parseJson(await response.text(), response)
  },

  /** The events of an operation that streams. A stream that breaks off throws; one that the server ends is over. */
  async *events<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
    options: CallOptions = {},
  ): AsyncGenerator<Answer<Name>> {
    const response = await accepted(await send(routes[name], input as Parts, options))
    if (!response.body) return
    options.onOpen?.()
    for await (const event of readEvents(response.body)) yield event as Answer<Name>
  },
}

async function accepted(response: Response): Promise<Response> {
  if (response.ok) return response
  const problem = ProblemError.fromAnswer(response.status, await response.text())
  if (response.status === 401) endSession(problem.message)
  throw problem
}

async function send(route: { method: string; path: string }, parts: Parts, { signal, key, lastId }: CallOptions) {
  const method = route.method.toUpperCase()
  const init: RequestInit = {
    method,
    headers: {
      accept: 'application/json, text/event-stream, application/problem+json',
      ...(lastId && { 'last-event-id': lastId }),
      ...(session.token && { authorization: `Bearer ${session.token}` }),
      ...(parts.body !== undefined && { 'content-type': 'application/json' }),
      ...(method === 'POST' && { 'idempotency-key': key ?? crypto.randomUUID() }),
    },
    body: parts.body === undefined ? null : JSON.stringify(parts.body),
    cache: 'no-store',
    credentials: 'omit',
    signal: signal ?? null,
  }
  try {
    return await fetch(targetOf(route.path, parts), init)
  } catch (error) {
    if (signal?.aborted) throw error
    throw unreachable()
  }
}

function targetOf(template: string, { params, query }: Parts): string {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params?.[name])))
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '')
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()
  return search === '' ? path : `${path}?${search}`
}

function parseJson(text: string, response: Response) {
  try {
    return JSON.parse(text)
  } catch {
    throw ProblemError.fromAnswer(response.status, text)
  }
}
