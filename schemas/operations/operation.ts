import * as z from 'zod'

export const Scope = z.enum(['read', 'submit', 'approve', 'admin'])
export type Scope = z.infer<typeof Scope>

/** One operation of the HTTP API. */
export interface Operation {
  method: 'get' | 'post' | 'put' | 'delete'
  /** With `{parameters}`, as OpenAPI writes it. */
  path: string
  summary: string
  /** undefined: no token needed. */
  scope?: Scope
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  status: 200 | 201 | 202
  response: z.ZodType
  /** The answer is `text/event-stream`; `response` is one event. */
  streams?: true
}

export const limit = z.coerce.number().int().min(1).max(1000).default(50)

export const Paging = z.strictObject({ limit, after: z.string().optional() })

/** A page of a list. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe('pass as `after` to get the next page'),
  })
}
