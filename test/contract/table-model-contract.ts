import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isFault } from '../../core/platform/fault.ts'
import type { Draft, Item, JsonObject, Key, Table, TableGuard, TableQuery } from '../../core/platform/ports.ts'
import { allPages, type OpenTable, ownPartition, type TableHarness } from './table-harness.ts'
import { createTableModel } from './table-model.ts'

type Step =
  | { do: 'put'; draft: Draft; guard: TableGuard | 'current' }
  | { do: 'delete'; key: Key; guard: 'any' | 'current' | { version: number } }
  | { do: 'get'; key: Key }
  | { do: 'query'; query: TableQuery }

// Few keys, so that steps meet; they differ where byte, UTF-16 and locale order differ.
const sk = fc.constantFrom('a', 'A', 'ab', 'b', 'é', '\ue000', '😀', '😀!')
const pk = fc.constantFrom('p', 'q')
const key = fc.record({ pk, sk })
const version = fc.record({ version: fc.integer({ min: 1, max: 3 }) })
const text = fc.string({ unit: 'grapheme', maxLength: 8 })
const number = fc.oneof(
  fc.integer(),
  fc.double({ min: -1e100, max: 1e100, noNaN: true }).map((n) => (Math.abs(n) < 1e-100 ? 0 : n)),
)
const data = fc.dictionary(text, fc.jsonValue({ maxDepth: 3 }).map(inRange), { maxKeys: 4 }) as fc.Arbitrary<JsonObject>
const draft: fc.Arbitrary<Draft> = fc.record(
  { pk, sk, data, bytes: fc.uint8Array({ maxLength: 8 }), gsi1: key, gsi2: key, expiresAt: fc.constant(2_000_000_000) },
  { requiredKeys: ['pk', 'sk', 'data'] },
)
const range = fc.oneof(fc.record({ prefix: sk }), fc.record({ from: sk, to: sk }, { requiredKeys: [] }))
const query: fc.Arbitrary<TableQuery> = fc.record(
  {
    pk,
    index: fc.constantFrom('gsi1', 'gsi2'),
    sk: range,
    descending: fc.boolean(),
    limit: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: ['pk'] },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put'),
      draft,
      guard: fc.oneof(fc.constantFrom('any', 'absent', 'current'), version),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delete'),
      key,
      guard: fc.oneof(fc.constantFrom('any', 'current'), version),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('get'), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('query'), query }) },
) as fc.Arbitrary<Step>

/** Any series of calls gives what a plain list gives. `runs` random series, fewer where every call crosses a network. */
export function describeTableModel(open: OpenTable, runs = 150): void {
  let harness: TableHarness
  let table: Table
  beforeAll(async () => {
    harness = await open()
    table = harness.table
  })
  afterAll(() => harness.close())

  describe('properties', () => {
    it('answers any series of puts, deletes, gets and queries as a plain list does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const model = createTableModel()
          const scope = ownPartition()
          for (const next of steps) await compare(table, model, scoped(next, scope))
        }),
        { numRuns: runs },
      )
    }, 60_000)

    it('gives every untouched item exactly once while others come and go between pages', async () => {
      const other = fc.record({ put: fc.boolean(), sk: fc.constantFrom('aX', 'bX', 'éX', '😀X') })
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(sk),
          fc.array(other),
          fc.integer({ min: 1, max: 3 }),
          async (still, others, limit) => {
            const owner = ownPartition()
            for (const name of still) await table.put({ pk: owner, sk: name, data: {} }, 'any')
            const seen: string[] = []
            for (let cursor: string | undefined, n = 0; ; n++) {
              const page = await table.query(cursor === undefined ? { pk: owner, limit } : { pk: owner, limit, cursor })
              seen.push(...page.items.map((item) => item.sk).filter((name) => !name.endsWith('X')))
              cursor = page.cursor
              if (cursor === undefined) break
              const change = others[n]
              if (change?.put) await table.put({ pk: owner, sk: change.sk, data: {} }, 'any')
              else if (change) await table.delete({ pk: owner, sk: change.sk }, 'any')
            }
            expect(seen.toSorted()).toEqual(still.toSorted())
          },
        ),
        { numRuns: Math.ceil(runs / 3) },
      )
    }, 60_000)

    it('stores numbers without loss', async () => {
      const owner = ownPartition()
      await fc.assert(
        fc.asyncProperty(fc.array(number, { maxLength: 20 }), async (values) => {
          const list = values.map((value) => value + 0)
          await table.put({ pk: owner, sk: 'n', data: { list } }, 'any')
          expect((await table.get({ pk: owner, sk: 'n' }))?.data).toEqual({ list })
        }),
        { numRuns: Math.ceil(runs / 3) },
      )
    }, 60_000)
  })
}

async function compare(table: Table, model: ReturnType<typeof createTableModel>, next: Step): Promise<void> {
  switch (next.do) {
    case 'put': {
      const guard = current(model.get(next.draft), next.guard, 'absent')
      expect(await orConflict(table.put(next.draft, guard))).toEqual(model.put(next.draft, guard))
      return
    }
    case 'delete': {
      const guard = current(model.get(next.key), next.guard, 'any')
      expect(await orConflict(table.delete(next.key, guard).then(() => 'deleted'))).toEqual(
        model.delete(next.key, guard),
      )
      return
    }
    case 'get':
      expect(await table.get(next.key)).toEqual(model.get(next.key))
      return
    case 'query':
      expect(ordered(await allPages(table, next.query), next.query)).toEqual(
        ordered(model.query(next.query), next.query),
      )
      return
    default:
      next satisfies never
  }
}

// Items with equal index keys have one stable order, but which one is the driver's affair.
function ordered(items: Item[], { index }: TableQuery) {
  if (index === undefined) return items
  const named = (item: Item) => `${item.pk}\n${item.sk}`
  return {
    order: items.map((item) => item[index]?.sk),
    items: items.toSorted((a, b) => (named(a) < named(b) ? -1 : 1)),
  }
}

function current<G, A>(
  item: Item | undefined,
  guard: G | 'current',
  absent: A,
): Exclude<G, 'current'> | A | { version: number } {
  if (guard !== 'current') return guard as Exclude<G, 'current'>
  return item ? { version: item.version } : absent
}

async function orConflict<T>(write: Promise<T>): Promise<T | 'conflict'> {
  return write.catch((error: unknown) => {
    if (isFault(error, 'conflict')) return 'conflict' as const
    throw error
  })
}

function scoped(next: Step, scope: string): Step {
  const own = <K extends { pk: string }>(some: K): K => ({ ...some, pk: `${scope}/${some.pk}` })
  if (next.do === 'query') return { ...next, query: own(next.query) }
  if (next.do !== 'put') return { ...next, key: own(next.key) }
  const { gsi1, gsi2 } = next.draft
  return { ...next, draft: { ...own(next.draft), ...(gsi1 && { gsi1: own(gsi1) }), ...(gsi2 && { gsi2: own(gsi2) }) } }
}

// JSON has no -0, and DynamoDB no number beyond 1e126.
function inRange(value: unknown): unknown {
  if (typeof value === 'number') return Math.abs(value) >= 1e126 || Math.abs(value) < 1e-120 ? 0 : value
  if (Array.isArray(value)) return value.map(inRange)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inRange(inner)]))
  return value
}
