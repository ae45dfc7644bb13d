import type * as z from 'zod'
import { type OperationName, operations } from '../schemas/api.ts'
import { Problem } from '../schemas/problem.ts'
import type { Answer } from './client.ts'
import { ProblemError } from './problem-error.ts'
import type { Reply } from './retry.ts'
import { visible } from './text/width.ts'

/**
 * An answer as its schema says, without what could drive a terminal. Fields that this version does not know are let pass: the
 * server may be newer. Throws ProblemError when the rest does not fit.
 */
export function readAnswer<Name extends OperationName>(name: Name, text: string): Answer<Name> {
  const schema: z.ZodType = operations[name].response
  const { value, broken } = readAs(schema, parseVisible(text))
  if (broken.length === 0) return value as Answer<Name>
  const first = broken.map((issue) => `${issue.path.join('/') || 'answer'}: ${issue.message}`).slice(0, 3)
  throw ProblemError.local(
    'unexpected_answer',
    `the server's answer is not what this version of sluice reads (${first.join('; ')}); is the server another version? --json shows it as it is`,
  )
}

/** Throws ProblemError for any answer that is not 2xx, also for one that is no problem document (a proxy's, S3's). */
export function requireSuccess(reply: Reply, what: string): void {
  if (reply.status >= 200 && reply.status < 300) return
  const problem = problemIn(reply.text)
  if (problem) throw new ProblemError(problem)
  const start = visible(reply.text).replaceAll(/\s+/g, ' ').slice(0, 300)
  throw new ProblemError({
    type: '/problems/unexpected_answer',
    title: 'Unexpected answer',
    status: reply.status,
    detail: `${what} was answered with ${reply.status}: ${start || '(no body)'}`,
    errors: [],
  })
}

function problemIn(text: string): Problem | undefined {
  try {
    const { value, broken } = readAs(Problem, parseVisible(text))
    return broken.length === 0 ? (value as Problem) : undefined
  } catch {
    return undefined
  }
}

function readAs(schema: z.ZodType, value: unknown): { value: unknown; broken: z.core.$ZodIssue[] } {
  const result = schema.safeParse(value)
  if (result.success) return { value: result.data, broken: [] }
  return { value, broken: result.error.issues.filter((issue) => issue.code !== 'unrecognized_keys') }
}

function parseVisible(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === 'string') return visible(value)
      return isRecord(value) && Object.keys(value).some((key) => visible(key) !== key) ? visibleKeys(value) : value
    })
  } catch (error) {
    throw ProblemError.local('unexpected_answer', `the server's answer is not JSON: ${(error as Error).message}`)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function visibleKeys(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [visible(key), value]))
}
