import { beforeEach, expect, it } from 'vitest'
import { responsesKey } from '../../../core/evaluation/evaluation-store.ts'
import { listResponses } from '../../../core/evaluation/list-responses.ts'
import { generate, items, prepareSuite, scored } from '../support/evaluations.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let id: string
beforeEach(async () => {
  platform = createTestPlatform()
  id = (await scored(platform, await prepareSuite(platform), 'm', (index) => index % 2 === 0)).id
})

it('pages hold every response once with its score, in order, and the last has no successor', async () => {
  const seen: [number, string, boolean][] = []
  let pages = 0
  for (let after: string | null = '-1'; after !== null; pages++) {
    const page = await listResponses(platform, id, { after: Number(after), limit: 7 })
    seen.push(
      ...page.items.map(({ index, response, correct }): [number, string, boolean] => [index, response, correct]),
    )
    after = page.next
  }
  expect(seen).toEqual(Array.from({ length: items }, (_, i) => [i, i % 2 === 0 ? `${i}` : 'no idea', i % 2 === 0]))
  expect(pages).toBe(Math.ceil(items / 7))
})

it('a page that ends at the last item has no successor, and one after it is empty', async () => {
  expect((await listResponses(platform, id, { after: items - 11, limit: 10 })).next).toBeNull()
  expect(await listResponses(platform, id, { after: items + 5, limit: 10 })).toEqual({ items: [], next: null })
})

it('a page reads no further than its last item', async () => {
  let pieces = 0
  const blobs = {
    ...platform.blobs,
    async *read(key: string) {
      const bytes = (await platform.blobs.get(key)) ?? new Uint8Array()
      for (let start = 0; start < bytes.length; start += 64) {
        if (key === responsesKey(id)) pieces += 1
        yield bytes.subarray(start, start + 64)
      }
    },
  }
  expect((await listResponses({ ...platform, blobs }, id, { after: -1, limit: 2 })).items).toHaveLength(2)
  expect(pieces).toBeLessThan(8)
})

it('there are none before the evaluation is scored', async () => {
  const open = await generate(platform, await prepareSuite(platform), 'another', { right: () => true })
  await expect(listResponses(platform, open.id, { after: -1, limit: 10 })).rejects.toMatchObject({ code: 'not_found' })
})
