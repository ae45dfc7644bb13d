import { beforeAll, describe, expect, it } from 'vitest'
import { operations } from '../../schemas/api.ts'
import type { Operation } from '../../schemas/operations/operation.ts'
import { createTestApi, type TestApi } from './support/test-api.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
interface Parameter {
  name: string
  in: string
  required: boolean
  schema: Json
}
interface Described {
  operationId: string
  summary: string
  parameters: Parameter[]
  requestBody?: { content: Record<string, { schema: Json }> }
  responses: Record<string, { description: string; content: Record<string, { schema: Json }> }>
  security?: Json[]
}

const table = Object.entries(operations) as [string, Operation][]
let api: TestApi
// biome-ignore lint/suspicious/noExplicitAny: a document is looked into, not typed.
let document: any
let described: [string, string, Described][]

beforeAll(async () => {
  api = createTestApi()
  document = (await api.call('GET', '/openapi.json', { token: '' })).body
  described = Object.entries(document.paths as Record<string, Record<string, Described>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]): [string, string, Described] => [method, path, each]),
  )
})

/** Every `$ref` anywhere in the document. */
function references(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(references)
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, each]) => (key === '$ref' ? [String(each)] : references(each)))
}

/** Every object anywhere in the document. */
function objects(value: Json): { [key: string]: Json }[] {
  if (Array.isArray(value)) return value.flatMap(objects)
  if (value === null || typeof value !== 'object') return []
  return [value, ...Object.values(value).flatMap(objects)]
}

describe('the OpenAPI document', () => {
  it('is served without a token and says that it is 3.1', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Sluice', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    })
  })

  it('holds every operation of the table under its name, and no other', () => {
    expect(described.map(([method, path, { operationId }]) => `${operationId} ${method} ${path}`).sort()).toEqual(
      table.map(([name, { method, path }]) => `${name} ${method} ${path}`).sort(),
    )
  })

  it('holds routes that are all served: no caller is told that there is nothing', async () => {
    for (const [method, path, { security }] of described) {
      const { status } = await api.call(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x1'), { token: '' })
      expect([method, path, status]).toEqual([method, path, security?.length === 0 ? 200 : 401])
    }
  })

  it('declares each path parameter once, as required, and nothing in the path that is not there', () => {
    for (const [, path, { parameters }] of described) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name }) => `{${name}}`).sort()).toEqual(
        [...path.matchAll(/\{\w+\}/g)].map(([each]) => each).sort(),
      )
      for (const parameter of inPath) expect(parameter.required).toBe(true)
      expect(new Set(parameters.map((each) => `${each.in} ${each.name}`)).size).toBe(parameters.length)
      for (const parameter of parameters) expect(['path', 'query', 'header']).toContain(parameter.in)
    }
  })

  it('gives every operation a summary, its body, its one good status and the problem', () => {
    for (const [, , { operationId, summary, requestBody, responses }] of described) {
      const operation = operations[operationId as keyof typeof operations] as Operation
      expect(summary).not.toBe('')
      expect(Object.keys(responses).sort()).toEqual([String(operation.status), 'default'].sort())
      expect(requestBody !== undefined).toBe(operation.body !== undefined)
      expect(Object.keys(responses.default?.content ?? {})).toEqual(['application/problem+json'])
      for (const response of Object.values(responses)) expect(response.description).not.toBe('')
    }
  })

  it('offers an Idempotency-Key on every POST', () => {
    for (const [method, , { parameters }] of described)
      expect(parameters.some(({ name }) => name === 'Idempotency-Key')).toBe(method === 'post')
  })

  it('asks for the token wherever the table does', () => {
    expect(document.security).toEqual([{ bearer: [] }])
    expect(document.components.securitySchemes.bearer).toEqual({ type: 'http', scheme: 'bearer' })
    expect(described.filter(([, , each]) => each.security?.length === 0).map(([, , each]) => each.operationId)).toEqual(
      ['health'],
    )
  })

  it('refers only to what it holds', () => {
    const found = new Set(references(document))
    expect(found.size).toBeGreaterThan(5)
    for (const reference of found) {
      expect(reference).toMatch(/^#\/components\/schemas\/[A-Za-z.]+$/)
      expect(document.components.schemas).toHaveProperty([reference.split('/').at(-1) ?? ''])
    }
  })

  it('uses only types that JSON Schema knows, and leaves no definition behind', () => {
    const known = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
    const schemas = [...objects(document.paths), ...objects(document.components.schemas)]
    const types = schemas.flatMap(({ type }) => (typeof type === 'string' ? type : []))
    expect(types.length).toBeGreaterThan(100)
    expect(types.filter((type) => !known.includes(type))).toEqual([])
    for (const keyword of ['$schema', '$defs', 'id']) {
      const left = schemas.filter(
        (schema) => typeof schema[keyword] === 'string' || (keyword === '$defs' && keyword in schema),
      )
      expect(left).toEqual([])
    }
    expect(document.components.schemas.Problem).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['type', 'title', 'status', 'detail', 'errors']),
    })
  })

  it('tells a client what it may leave out', () => {
    const path = document.paths['/v1/datasets/{name}/versions']
    expect(path.post.requestBody.content['application/json'].schema.required).toEqual(['upload'])
  })
})
