import type * as z from 'zod'
import { operations } from '../../schemas/api.ts'
import type { Operation } from '../../schemas/operations/operation.ts'
import { Problem } from '../../schemas/problem.ts'
import { version } from '../version.ts'
import { type Direction, schemaCollector } from './json-schema.ts'

let cached: object | undefined

/** OpenAPI 3.1 from the operations table. */
export function openApiDocument(): object {
  cached ??= build()
  return cached
}

function build(): object {
  const { components, schemaOf } = schemaCollector()
  const paths: Record<string, Record<string, object>> = {}
  for (const [name, operation] of Object.entries(operations) as [string, Operation][]) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(name, operation, schemaOf) }
  }
  schemaOf(Problem, 'output')
  return {
    openapi: '3.1.0',
    info: { title: 'Sluice', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: components,
    },
  }
}

type SchemaOf = (schema: z.ZodType, direction: Direction) => Record<string, unknown>

function describe(name: string, operation: Operation, schemaOf: SchemaOf): object {
  const problem = {
    description: 'Problem',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
  return {
    operationId: name,
    summary: operation.summary,
    parameters: [
      ...parameters(operation.params, 'path', schemaOf),
      ...parameters(operation.query, 'query', schemaOf),
      ...(operation.method === 'post'
        ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 200 } }]
        : []),
    ],
    ...(operation.body && {
      requestBody: { content: { 'application/json': { schema: schemaOf(operation.body, 'input') } } },
    }),
    responses: {
      [operation.status]: {
        description: 'OK',
        content: {
          [operation.streams ? 'text/event-stream' : 'application/json']: {
            schema: schemaOf(operation.response, 'output'),
          },
        },
      },
      default: problem,
    },
    ...(operation.scope ? { 'x-scope': operation.scope } : { security: [] }),
  }
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query', schemaOf: SchemaOf): object[] {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, object>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}
