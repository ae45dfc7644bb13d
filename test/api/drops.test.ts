import { expect, it } from 'vitest'
import { intakeDrop } from '../../core/datasets/intake-drop.ts'
import { createTestApi } from './support/test-api.ts'

const row = '{"prompt":"p","completion":"c"}\n'

it('what became of dropped files is read in pages, by whoever may read', async () => {
  const api = createTestApi()
  for (const [file, content] of Object.entries({ 'a.jsonl': row, 'b.jsonl': 'bad', 'c.txt': row })) {
    await api.platform.blobs.put(`drops/train/${file}`, content, 'any')
    await intakeDrop(api.platform, `drops/train/${file}`)
  }
  const first = await api.call('GET', '/v1/datasets/train/drops?limit=2', { token: 'reader' })
  expect(first.body.items).toMatchObject([
    { key: 'drops/train/a.jsonl', status: 'accepted', rows: 1 },
    { key: 'drops/train/b.jsonl', status: 'refused', errors: [{ pointer: '/lines/1' }] },
  ])
  const rest = await api.call('GET', `/v1/datasets/train/drops?after=${encodeURIComponent(first.body.next)}`)
  expect(rest.body).toMatchObject({ items: [{ key: 'drops/train/c.txt', status: 'refused' }], next: null })
  expect((await api.call('GET', '/v1/datasets/nothing%20dropped/drops')).body).toEqual({ items: [], next: null })
  expect((await api.call('GET', '/v1/datasets/train/drops?limit=21')).status).toBe(422)
  expect((await api.call('GET', '/v1/datasets/train/drops', { token: 'nobody' })).status).toBe(403)
})
