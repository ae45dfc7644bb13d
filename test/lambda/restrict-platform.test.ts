import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Platform } from '../../core/platform/ports.ts'
import { type Grants, manifest } from '../../functions/manifest.ts'
import { restrictTo } from '../../functions/restrict-platform.ts'
import { createTestPlatform } from '../core/support/test-platform.ts'

const whole = createTestPlatform()
const granted = (grants: Grants) => restrictTo(whole, { name: 'some-step', grants })
const key = { pk: 'JOB#1', sk: 'META' }
const draft = { ...key, data: {} }

/** Every method of every port but clock and ids, with the grant that allows it. */
const methods: [string, Grants, (platform: Platform) => unknown][] = [
  ['table.get on JOB#1 META', { table: 'read' }, ({ table }) => table.get(key)],
  ['table.query on JOB#1', { table: 'read' }, ({ table }) => table.query({ pk: 'JOB#1' })],
  ['table.put on JOB#1 META', { table: 'write' }, ({ table }) => table.put(draft, 'any')],
  ['table.delete on JOB#1 META', { table: 'write' }, ({ table }) => table.delete(key, 'any')],
  ['metrics.get on JOB#1 META', { metrics: 'read' }, ({ metrics }) => metrics.get(key)],
  ['metrics.query on JOB#1', { metrics: 'read' }, ({ metrics }) => metrics.query({ pk: 'JOB#1' })],
  ['metrics.put on JOB#1 META', { metrics: 'write' }, ({ metrics }) => metrics.put(draft, 'any')],
  ['metrics.delete on JOB#1 META', { metrics: 'write' }, ({ metrics }) => metrics.delete(key, 'any')],
  ['blobs.put on key jobs/a', { blobs: { write: ['jobs/*'] } }, ({ blobs }) => blobs.put('jobs/a', '', 'any')],
  ['blobs.get on key jobs/a', { blobs: { read: ['jobs/*'] } }, ({ blobs }) => blobs.get('jobs/a')],
  ['blobs.read on key jobs/a', { blobs: { read: ['jobs/*'] } }, ({ blobs }) => Array.fromAsync(blobs.read('jobs/a'))],
  ['blobs.head on key jobs/a', { blobs: { read: ['jobs/*'] } }, ({ blobs }) => blobs.head('jobs/a')],
  ['blobs.list on key jobs/', { blobs: { read: ['jobs/*'] } }, ({ blobs }) => blobs.list({ prefix: 'jobs/' })],
  ['blobs.delete on key jobs/a', { blobs: { delete: ['jobs/*'] } }, ({ blobs }) => blobs.delete('jobs/a')],
  [
    'blobs.presign on key jobs/a for GET',
    { blobs: { read: ['jobs/*'] } },
    ({ blobs }) => blobs.presign('jobs/a', 'GET', 60),
  ],
  [
    'blobs.presign on key jobs/a for PUT',
    { blobs: { write: ['jobs/*'] } },
    ({ blobs }) => blobs.presign('jobs/a', 'PUT', 60),
  ],
  ['compute.describe of a', { compute: ['read'] }, ({ compute }) => compute.describe('a')],
  ['compute.listActive', { compute: ['read'] }, ({ compute }) => compute.listActive()],
  ['compute.describeDefinition of a', { compute: ['read'] }, ({ compute }) => compute.describeDefinition('a')],
  ['compute.terminate of a', { compute: ['terminate'] }, ({ compute }) => compute.terminate('a', 'r')],
  ['compute.logTail of a', { compute: ['logs'] }, ({ compute }) => compute.logTail('a', 1)],
  [
    'workflows.start of a',
    { workflows: ['start'] },
    ({ workflows }) => workflows.start({ machine: 'm', name: 'a', input: {} }),
  ],
  ['workflows.describe of a', { workflows: ['read'] }, ({ workflows }) => workflows.describe('a')],
  ['workflows.stop of a', { workflows: ['stop'] }, ({ workflows }) => workflows.stop('a', 'r')],
  [
    'schedules.put of a',
    { schedules: 'write' },
    ({ schedules }) => schedules.put({ name: 'a', cron: '0 0 * * *', timezone: 'UTC' }),
  ],
  ['schedules.delete of a', { schedules: 'write' }, ({ schedules }) => schedules.delete('a')],
  ['signer.sign', { signer: ['sign'] }, ({ signer }) => signer.sign(new Uint8Array())],
  ['signer.publicKey', { signer: ['public-key'] }, ({ signer }) => signer.publicKey()],
]
/** Everything but what `grants` holds. */
const others = (grants: Grants): Grants => {
  const all: Grants = {
    table: 'write',
    metrics: 'write',
    blobs: { read: ['*'], write: ['*'], delete: ['*'] },
    compute: ['read', 'terminate', 'logs'],
    workflows: ['read', 'start', 'stop'],
    signer: ['sign', 'public-key'],
    schedules: 'write',
  }
  const [port] = Object.keys(grants) as [keyof Grants]
  const without = (given: unknown, left: unknown): unknown => {
    if (Array.isArray(left) && Array.isArray(given)) return left.filter((right) => !given.includes(right))
    if (typeof given === 'object' && given !== null)
      return Object.fromEntries(Object.entries(left as object).filter(([name]) => !Object.hasOwn(given, name)))
    return given === 'read' ? undefined : 'read'
  }
  return { ...all, [port]: without(grants[port], all[port]) } as Grants
}
const attempt = async (call: () => unknown) => call()

describe('a function', () => {
  it.each(methods)('may use %s when it is granted', async (what, grants, call) => {
    const error = await attempt(() => call(granted(grants))).catch((each: Error) => each)
    if (error instanceof Error) expect(error.message, what).not.toContain('does not grant')
  })

  it.each(methods)('may not use %s when only everything else is granted', async (what, grants, call) => {
    const without = others(grants)
    if (grants.schedules) delete without.schedules
    await expect(attempt(() => call(granted(without)))).rejects.toMatchObject({
      code: 'internal',
      message: `function some-step uses ${what}, which functions/manifest.ts does not grant; add it there`,
    })
  })

  it('may neither start compute nor read secrets, whatever it is granted', async () => {
    const most = granted({ ...others({ schedules: 'write' }), schedules: 'write' })
    const job = { name: 'a', definition: 'd', environment: {}, timeoutSeconds: 60 }
    await expect(most.compute.submit(job)).rejects.toThrow('compute.submit of a')
    await expect(most.secrets.read('token')).rejects.toThrow('secrets.read on token')
  })

  it('may name every key and ask for time and ids', () => {
    const none = granted({})
    expect(none.blobs.uri('jobs/a')).toBe(whole.blobs.uri('jobs/a'))
    expect([none.clock, none.ids]).toEqual([whole.clock, whole.ids])
  })
})

/** The meaning of `*` in an IAM resource, as slow as it is plain. */
function matches(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*') return matches(pattern.slice(1), text) || (text !== '' && matches(pattern, text.slice(1)))
  return text !== '' && pattern[0] === text[0] && matches(pattern.slice(1), text.slice(1))
}

it('a key pattern means what it means to IAM', async () => {
  const symbols = fc.constantFrom('a', 'b', '/', '*', '.', '+', '(', '$', '\\', '\n')
  const text = fc.array(symbols, { maxLength: 8 }).map((characters) => characters.join(''))
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 3 }), text, async (patterns, prefix) => {
      const { blobs } = restrictTo(
        { ...whole, blobs: { ...whole.blobs, list: async () => ({ items: [] }) } },
        { name: 'f', grants: { blobs: { read: patterns } } },
      )
      const allowed = await blobs.list({ prefix }).then(
        () => true,
        () => false,
      )
      expect(allowed).toBe(patterns.some((pattern) => matches(pattern, prefix)))
    }),
    { numRuns: 2_000 },
  )
})

describe('the manifest', () => {
  it.each(manifest.map((each) => [each.name, each.grants] as const))(
    '%s grants beside each right the reading that its driver does first',
    (_name, { compute = [], workflows = [], signer = [] }) => {
      if (compute.some((right) => right !== 'read')) expect(compute).toContain('read')
      if (workflows.some((right) => right !== 'read')) expect(workflows).toContain('read')
      if (signer.includes('sign')) expect(signer).toContain('public-key')
    },
  )

  it('lets no step, consumer or route touch every key', () => {
    const patterns = manifest.flatMap(({ grants: { blobs = {} } }) => Object.values(blobs).flat())
    expect(patterns.length).toBeGreaterThan(20)
    for (const pattern of patterns) expect(pattern).toMatch(/^[a-z-]+\//)
  })
})
