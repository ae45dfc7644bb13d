import { expect, it } from 'vitest'
import { buildDraft, droppedKey, getBuild } from '../../../../core/data-factory/build/build-store.ts'
import { listDroppedRows } from '../../../../core/data-factory/build/dropped-rows.ts'
import type { DroppedRow } from '../../../../schemas/build.ts'
import { createTestPlatform, type TestPlatform } from '../../support/test-platform.ts'
import { build, register, story } from './support.ts'

const place = { source: 'raw@0', operator: 'clean', reason: 'placeholder' }
const rowsOf = (sizes: number[]): DroppedRow[] =>
  sizes.map((size, i) => ({ ...place, row: i + 1, json: `"é${'x'.repeat(size)}"` }))

/** A build that is over and left these rows out. */
async function withDropped(rows: DroppedRow[]): Promise<{ platform: TestPlatform; id: string }> {
  const platform = createTestPlatform()
  await register(platform, 'raw', [story(1)])
  const { id } = await build(platform, { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }] })
  await platform.blobs.put(droppedKey(id), rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'any')
  return { platform, id }
}

async function everyPage(platform: TestPlatform, id: string, limit: number): Promise<DroppedRow[][]> {
  const pages: DroppedRow[][] = []
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await listDroppedRows(platform, id, { limit, ...(cursor !== undefined && { cursor }) })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    pages.push(page.items)
    cursor = page.cursor
    more = cursor !== undefined
  }
  return pages
}

it.each([1, 2, 7, 100])('rows left out come in pages of %i, each once and in order', async (limit) => {
  const rows = rowsOf([0, 5, 100, 1, 0, 33, 2, 9, 9, 9, 400])
  const { platform, id } = await withDropped(rows)
  const pages = await everyPage(platform, id, limit)
  expect(pages.flat()).toEqual(rows)
  expect(pages).toHaveLength(Math.max(1, Math.ceil(rows.length / limit)))
})

it('a row of a megabyte between short ones comes whole, and a page ends before it grows too large', async () => {
  const rows = rowsOf([10, 1_100_000, 10, 600_000, 600_000, 600_000, 10])
  const { platform, id } = await withDropped(rows)
  expect((await everyPage(platform, id, 1)).flat()).toEqual(rows)
  const pages = await everyPage(platform, id, 100)
  expect(pages.flat()).toEqual(rows)
  expect(pages.length).toBeGreaterThan(1)
})

it('no rows left out are an empty page, and so are those of a build that is not over', async () => {
  const { platform, id } = await withDropped([])
  expect(await listDroppedRows(platform, id, {})).toEqual({ items: [] })
  const full = await withDropped(rowsOf([1]))
  const build = await getBuild(full.platform.table, full.id)
  await full.platform.table.put(buildDraft({ ...build, status: 'running' }), 'any')
  expect(await listDroppedRows(full.platform, full.id, {})).toEqual({ items: [] })
})

it.each(['x', '-1', '1.5', '999999', '3', '1e2', ' 0'])('%j is no cursor', async (cursor) => {
  const { platform, id } = await withDropped(rowsOf([10, 10]))
  await expect(listDroppedRows(platform, id, { cursor })).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/is not a cursor of this list; start without one/),
  })
})

it('a file that was cut off is said to be corrupt', async () => {
  const { platform, id } = await withDropped(rowsOf([10, 10]))
  const bytes = (await platform.blobs.get(droppedKey(id))) as Uint8Array
  await platform.blobs.put(droppedKey(id), bytes.subarray(0, bytes.length - 5), 'any')
  await expect(everyPage(platform, id, 1)).rejects.toMatchObject({ code: 'corrupt' })
})
