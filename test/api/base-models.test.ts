import { describe, expect, it } from 'vitest'
import { createTestApi, problemOf } from './support/test-api.ts'

const qwen = {
  id: 'Qwen/Qwen3-0.6B',
  uri: 's3://models/qwen3-0.6b',
  digest: 'a'.repeat(64),
  context_length: 32_768,
}

describe('registering a base model', () => {
  it('makes it nameable, with its folder as a folder, and changes nothing when repeated', async () => {
    const api = createTestApi()
    const answer = await api.call('POST', '/v1/base-models', { body: qwen })
    const stored = { ...qwen, uri: 's3://models/qwen3-0.6b/', label: '' }
    expect(answer).toMatchObject({ status: 200, body: stored })
    await api.call('POST', '/v1/base-models', { body: qwen })
    expect((await api.call('GET', '/v1/base-models')).body.items).toEqual([stored])
    expect(await api.platform.table.get({ pk: `BASE#${qwen.id}`, sk: '-' })).toMatchObject({ version: 1 })
  })

  it('may move the same weights, and needs `replace` for others under a known id', async () => {
    const api = createTestApi()
    await api.call('POST', '/v1/base-models', { body: qwen })
    const moved = await api.call('POST', '/v1/base-models', { body: { ...qwen, uri: 's3://elsewhere/qwen/' } })
    expect(moved).toMatchObject({ status: 200, body: { uri: 's3://elsewhere/qwen/' } })
    const other = { ...qwen, digest: 'b'.repeat(64) }
    const problem = problemOf(await api.call('POST', '/v1/base-models', { body: other }))
    expect(problem).toMatchObject({ status: 409, detail: expect.stringContaining(qwen.digest) })
    expect((await api.call('GET', '/v1/base-models')).body.items).toMatchObject([{ digest: qwen.digest }])
    const replaced = await api.call('POST', '/v1/base-models', { body: { ...other, replace: true } })
    expect(replaced).toMatchObject({ status: 200, body: { digest: other.digest } })
    expect(replaced.body).not.toHaveProperty('replace')
  })

  it.each([
    [{ id: '../etc' }, '/id'],
    [{ id: 'a/b/c' }, '/id'],
    [{ uri: 'https://huggingface.co/Qwen' }, '/uri'],
    [{ digest: 'A'.repeat(64) }, '/digest'],
    [{ context_length: 0 }, '/context_length'],
  ])('refuses %j', async (change, pointer) => {
    const api = createTestApi()
    const problem = problemOf(await api.call('POST', '/v1/base-models', { body: { ...qwen, ...change } }))
    expect(problem.errors).toMatchObject([{ pointer }])
  })

  it('is for administrators', async () => {
    const api = createTestApi()
    expect((await api.call('POST', '/v1/base-models', { body: qwen, token: 'reader' })).status).toBe(403)
  })
})
