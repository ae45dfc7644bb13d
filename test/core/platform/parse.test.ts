import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Fault, isFault } from '../../../core/platform/fault.ts'
import { parse, parseStored, pointer } from '../../../core/platform/parse.ts'
import { MetricLine } from '../../../schemas/trainer-contract.ts'
import { caught } from '../support/caught.ts'

const Person = z.strictObject({
  name: z.string().min(1),
  'a/b~c': z.strictObject({ age: z.number().positive().max(150) }),
  tags: z.record(z.string().regex(/^[a-z]+$/, 'must be lower-case letters'), z.string()).optional(),
})

const breaches = (schema: z.ZodType, input: unknown) => {
  const error = caught(() => parse(schema, input, 'input')) as Fault
  expect(isFault(error, 'invalid')).toBe(true)
  return error.errors
}

describe('parse', () => {
  it('returns the parsed value with its defaults', () => {
    expect(parse(z.strictObject({ n: z.number().default(1) }), {}, 'input')).toEqual({ n: 1 })
  })

  it('names every breach at once, each with a pointer, a message and a remedy', () => {
    const found = breaches(Person, { name: 5, 'a/b~c': { age: 0, height: 2 }, colour: 'red', tags: { OK: 'x' } })
    expect(found.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/name', 'invalid_type'],
      ['/a~1b~0c/age', 'too_small'],
      ['/a~1b~0c/height', 'unknown_key'],
      ['/tags/OK', 'invalid_format'],
      ['/colour', 'unknown_key'],
    ])
    for (const { message, remedy } of found) expect(message !== '' && remedy !== '').toBe(true)
  })

  it('says how many problems the input has', () => {
    expect(() => parse(Person, {}, 'recipe')).toThrow('recipe: 2 problems')
    expect(() => parse(Person, { name: 'a', 'a/b~c': { age: 1 }, x: 1 }, 'recipe')).toThrow('recipe: 1 problem')
  })

  it.each([
    [z.number().positive(), 0, 'Give more than 0.'],
    [z.number().min(1), 0, 'Give at least 1.'],
    [z.number().max(3), 4, 'Give at most 3.'],
    [z.number().lt(3), 3, 'Give less than 3.'],
    [z.enum(['a', 'b']), 'c', 'Use one of: a, b.'],
    [z.string(), 1, 'Give a value of type string.'],
    [z.string().regex(/^a$/, 'must be a'), 'b', 'Correct the value as the message says.'],
  ])('gives a remedy that fits the broken rule: %#', (schema, input, remedy) => {
    expect(breaches(schema, input)[0]?.remedy).toBe(remedy)
  })

  it('is not misled by keys that every object inherits', () => {
    const input = JSON.parse('{"name": "a", "a/b~c": {"age": 1}, "__proto__": {"x": 1}, "constructor": 1}')
    expect(breaches(Person, input).map((breach) => breach.pointer)).toContain('/constructor')
  })
})

describe('a union', () => {
  const Message = z.strictObject({ role: z.enum(['user', 'assistant']), content: z.string() })
  const Prompt = z.union([z.string().min(1), z.array(Message).min(1)])

  it('is reported through the branch that the value was meant for, however many breaches that has', () => {
    const messages = Array.from({ length: 5 }, () => ({ role: 'robot', content: 1 }))
    const found = breaches(Prompt, messages)
    expect(found).toHaveLength(10)
    expect(found[0]?.pointer).toBe('/0/role')
    expect(breaches(Prompt, [])).toMatchObject([{ pointer: '', code: 'too_small' }])
    expect(breaches(Prompt, '')).toMatchObject([{ pointer: '', code: 'too_small' }])
  })

  it('keeps the path to where it stands', () => {
    const found = breaches(z.strictObject({ rows: z.array(Prompt) }), { rows: ['ok', [{ role: 'user' }]] })
    expect(found.map((breach) => breach.pointer)).toEqual(['/rows/1/0/content'])
  })

  it('with a discriminator names the discriminator', () => {
    const Rule = z.discriminatedUnion('type', [z.strictObject({ type: z.literal('a') })])
    expect(breaches(Rule, { type: 'b' })).toMatchObject([{ pointer: '/type', remedy: expect.stringContaining('type') }])
  })

  it('always leaves something to say', () => {
    for (const value of [null, 'NAN', [], {}])
      expect(breaches(MetricLine, { step: 1, ts: '2026-01-01T00:00:00.000Z', data: { loss: value } })).not.toEqual([])
  })
})

describe('a stored document', () => {
  const Document = z.strictObject({ n: z.number() })
  const bytes = (text: string) => new TextEncoder().encode(text)

  it('is read from bytes or from text', () => {
    expect(parseStored(Document, bytes('{"n":1}'), 'jobs/j/x.json')).toEqual({ n: 1 })
    expect(parseStored(Document, '{"n":1}', 'jobs/j/x.json')).toEqual({ n: 1 })
  })

  it.each(['', '{', '{"n":"1"}', '{"n":1,"m":2}', 'null'])('is corrupt when it holds %j, and named', (text) => {
    const error = caught(() => parseStored(Document, bytes(text), 'jobs/j/x.json')) as Fault
    expect(error).toMatchObject({ code: 'corrupt' })
    expect(error.message).toContain('jobs/j/x.json cannot be read')
  })
})

it('a pointer escapes ~ and / so that it can be read back', () => {
  const plain = (text: string) => text.replaceAll('~1', '/').replaceAll('~0', '~')
  fc.assert(
    fc.property(fc.array(fc.string()), (path) => {
      expect(pointer(path).split('/').slice(1).map(plain)).toEqual(path)
    }),
  )
})
