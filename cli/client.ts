import { randomUUID } from 'node:crypto'
import type * as z from 'zod'
import { type OperationName, operations } from '../schemas/api.ts'
import type { Operation } from '../schemas/operations/operation.ts'
import { readAnswer, requireSuccess } from './answer.ts'
import type { Connection, Credentials } from './config.ts'
import { ProblemError } from './problem-error.ts'
import { isNetworkError, networkReason, type Patience, persist, type Reply } from './retry.ts'
import { awsSigner, type OutgoingRequest } from './sign-request.ts'

type Operations = typeof operations
type Part<Op, Name extends string> = Op extends { [Key in Name]: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : never
type Optional<Op, Name extends 'query'> = Op extends { [Key in Name]: z.ZodType }
  ? { [Key in Name]?: Part<Op, Name> }
  : object
type Required<Op, Name extends 'params' | 'body'> = Op extends { [Key in Name]: z.ZodType }
  ? { [Key in Name]: Part<Op, Name> }
  : object

export type Input<Name extends OperationName> = Required<Operations[Name], 'params'> &
  Optional<Operations[Name], 'query'> &
  Required<Operations[Name], 'body'>
export type Answer<Name extends OperationName> = z.output<Operations[Name]['response']>

interface Parts {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
}

export interface Client {
  /** The answer's text exactly as it came. Throws ProblemError. */
  send<Name extends OperationName>(name: Name, input: Input<Name>, signal?: AbortSignal): Promise<string>
  /** The answer parsed and checked. Throws ProblemError. */
  call<Name extends OperationName>(name: Name, input: Input<Name>, signal?: AbortSignal): Promise<Answer<Name>>
}

// Registering a large file takes its time; everything else answers at once.
const timeoutMs = { get: 30_000, post: 3_600_000, put: 30_000, delete: 30_000 }

/**
 * The HTTP API, driven by its table of operations. Creating POSTs carry a fresh Idempotency-Key that all repeats of one call
 * share, so that a lost answer never makes a second job. `connect` is asked again for each repeat: a server that came back may
 * listen elsewhere.
 */
export function createClient(connect: () => Promise<Connection>, patience: Patience): Client {
  const authorize = authorizer()

  async function send(name: OperationName, input: Parts, stop?: AbortSignal): Promise<string> {
    const operation: Operation = operations[name]
    const target = targetOf(operation, input)
    const key = operation.method === 'post' && operation.status !== 200 ? randomUUID() : undefined
    const signal = stop ?? patience.signal
    let connection: Connection | undefined
    const attempt = async () => {
      connection = await connect()
      const { headers, body } = messageOf(input.body, key)
      const url = connection.url + target
      const asked = { method: operation.method.toUpperCase(), url, headers, body }
      // Signed anew for each repeat: a signature is good for five minutes.
      const authorized = operation.scope ? await authorize(connection.credentials, asked) : headers
      return request({ ...asked, headers: authorized }, timeoutMs[operation.method], signal)
    }
    const reply = await persist(attempt, { ...patience, signal }).catch((error: unknown) => {
      if (connection && isNetworkError(error)) throw unreachable(connection, error)
      throw error
    })
    requireSuccess(reply, `${operation.method.toUpperCase()} ${target}`)
    return reply.text
  }

  return {
    send: (name, input, signal) => send(name, input as Parts, signal),
    call: async (name, input, signal) => readAnswer(name, await send(name, input as Parts, signal)),
  }
}

function messageOf(body: unknown, key: string | undefined) {
  const headers: Record<string, string> = {
    accept: 'application/json, application/problem+json',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(key !== undefined && { 'idempotency-key': key }),
  }
  return { headers, body: body === undefined ? undefined : JSON.stringify(body) }
}

/** Headers that let a request in. One signer per region and profile: it keeps the credentials it found. */
function authorizer() {
  const signers = new Map<string, ReturnType<typeof awsSigner>>()
  return async (credentials: Credentials, request: OutgoingRequest): Promise<Record<string, string>> => {
    if (credentials.kind === 'token') return { ...request.headers, authorization: `Bearer ${credentials.token}` }
    const { region, profile } = credentials
    const name = `${region} ${profile ?? ''}`
    const sign = signers.get(name) ?? awsSigner(region, profile)
    signers.set(name, sign)
    return sign(request)
  }
}

async function request(
  { method, url, headers, body }: OutgoingRequest,
  timeoutMs: number,
  stop: AbortSignal | undefined,
): Promise<Reply> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = stop ? AbortSignal.any([stop, timeout]) : timeout
  const response = await fetch(url, { method, headers, body: body ?? null, signal })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** Path and query. A bad parameter is refused here: `..` as an id would name another path. */
function targetOf(operation: Operation, input: Parts): string {
  const params = operation.params?.safeParse(input.params)
  if (params && !params.success) {
    const errors = params.error.issues.map((issue) => {
      const name = issue.path.join('/')
      const message = `${name} "${input.params?.[String(issue.path[0])]}": ${issue.message}`
      return { pointer: `/path/${name}`, code: issue.code, message, remedy: '' }
    })
    throw ProblemError.local('invalid', `bad ${errors.map((each) => each.message).join('; ')}`)
  }
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(input.params?.[name])),
  )
  const query = Object.entries(input.query ?? {}).filter(([, value]) => value !== undefined)
  const search = new URLSearchParams(query.map(([name, value]): [string, string] => [name, String(value)])).toString()
  return search === '' ? path : `${path}?${search}`
}

function unreachable(connection: Connection, error: Error): ProblemError {
  return ProblemError.local(
    'unreachable',
    `nothing answers at ${connection.url} (${networkReason(error)}). ${connection.remedy}`,
  )
}
