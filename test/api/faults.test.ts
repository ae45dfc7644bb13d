import { describe, expect, it } from 'vitest'
import { Fault, type FaultCode } from '../../core/platform/fault.ts'
import type { Table } from '../../core/platform/ports.ts'
import { toProblem } from '../../functions/api/faults.ts'
import { Problem } from '../../schemas/problem.ts'
import { createTestApi, problemOf } from './support/test-api.ts'

const statuses: Record<FaultCode, number> = {
  invalid: 422,
  not_found: 404,
  conflict: 409,
  illegal_transition: 409,
  idempotency_mismatch: 422,
  unauthenticated: 401,
  forbidden: 403,
  too_large: 413,
  unsupported_media_type: 415,
  busy: 503,
  corrupt: 422,
  internal: 500,
}
const codes = Object.keys(statuses) as FaultCode[]

describe('a fault', () => {
  it.each(codes)('%s is a problem with its status, type and title', (code) => {
    const { problem, status } = toProblem(new Fault(code, 'the detail'), 'req-1')
    expect(Problem.parse(problem)).toEqual(problem)
    expect(problem).toMatchObject({ status: statuses[code], type: `/problems/${code}`, instance: 'req-1' })
    expect(status).toBe(statuses[code])
    expect(problem.title).not.toBe('')
  })

  it('has a title of its own', () => {
    expect(new Set(codes.map((code) => toProblem(new Fault(code, ''), '').problem.title)).size).toBe(codes.length)
  })

  it('keeps every error with its pointer and remedy', () => {
    const errors = [{ pointer: '/a', code: 'c', message: 'm', remedy: 'r' }]
    expect(toProblem(new Fault('invalid', 'x', { errors }), '').problem.errors).toEqual(errors)
  })
})

describe('what is not the caller’s doing', () => {
  const failing = (error: Error): Table => {
    const fail = async () => {
      throw error
    }
    return { get: fail, put: fail, delete: fail, query: fail }
  }

  it.each([
    ['a defect', new TypeError('cannot read secret of undefined')],
    ['an internal fault', new Fault('internal', 'database /home/secret/control.db: disk I/O error')],
  ])('%s is logged whole and told to nobody', async (_, error) => {
    const api = createTestApi({ table: failing(error) })
    const answer = await api.call('GET', '/v1/jobs')
    expect(problemOf(answer)).toMatchObject({ status: 500, type: '/problems/internal', errors: [] })
    expect(JSON.stringify(answer.body)).not.toContain('secret')
    expect(answer.body.detail).toContain(answer.body.instance)
    expect(api.logged).toEqual([error])
  })

  it('and may pass is answered with when to try again', async () => {
    const api = createTestApi({ table: failing(new Fault('busy', 'throttled')) })
    const answer = await api.call('GET', '/v1/jobs')
    expect(problemOf(answer)).toMatchObject({ status: 503, detail: 'throttled' })
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(api.logged).toEqual([])
  })
})
