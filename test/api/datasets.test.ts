import { beforeEach, describe, expect, it } from 'vitest'
import { dataKey } from '../../core/datasets/dataset-store.ts'
import { verifyProof } from '../../core/datasets/merkle.ts'
import { operations } from '../../schemas/api.ts'
import type { DatasetVersion } from '../../schemas/dataset.ts'
import { addDataset } from '../core/support/project.ts'
import { createTestApi, problemOf, type TestApi } from './support/test-api.ts'

const rows = Array.from({ length: 5 }, (_, i) => JSON.stringify({ id: `r${i}`, prompt: `q ${i}`, answer: 'a' }))

let api: TestApi
let old: DatasetVersion
let version: DatasetVersion
beforeEach(async () => {
  api = createTestApi()
  old = await addDataset(api.platform, 'quiz', rows.slice(0, 4).join('\n'))
  version = await addDataset(api.platform, 'quiz', rows.join('\n'))
})

const get = (path: string, token = 'reader') => api.call('GET', path, { token })
const at = (of: DatasetVersion) => `/v1/datasets/quiz/versions/${of.digest}`

describe('a dataset version', () => {
  it('shows its report, by digest or as the latest', async () => {
    for (const path of [at(version), '/v1/datasets/quiz/versions/latest']) {
      const { status, body } = await get(`${path}/report`)
      expect([status, body.rows]).toEqual([200, 5])
      expect(operations.getDatasetReport.response.parse(body)).toEqual(body)
    }
    expect((await get(`${at(old)}/report`)).body.rows).toBe(4)
    expect(problemOf(await get('/v1/datasets/nothing/versions/latest/report')).status).toBe(404)
    await api.platform.blobs.put(`datasets/quiz/${old.digest}/report.json`, '{}', 'any')
    expect(problemOf(await get(`${at(old)}/report`)).detail).toContain('register or build the same rows again')
  })

  it('shows its rows in pages', async () => {
    const first = await get(`${at(version)}/rows?limit=3`)
    expect(operations.listRows.response.parse(first.body)).toEqual(first.body)
    const rest = await get(`${at(version)}/rows?after=${first.body.next}`)
    expect([...first.body.items, ...rest.body.items].map(({ json }) => json)).toEqual(rows)
    expect(rest.body.next).toBeNull()
    const bad = problemOf(await get(`${at(version)}/rows?after=1-3`))
    expect([bad.status, bad.errors[0]?.pointer]).toEqual([422, '/query/after'])
    expect((await get(`${at(version)}/rows?limit=1001`)).status).toBe(422)
  })

  it('proves its rows', async () => {
    const { body } = await get(`${at(version)}/rows/3/proof`)
    expect(operations.getRowProof.response.parse(body)).toEqual(body)
    const leaf = new TextEncoder().encode(body.json)
    expect(verifyProof({ leaf, index: 3, leaves: 5, path: body.path, root: version.merkle_root })).toBe(true)
    expect(problemOf(await get(`${at(version)}/rows/5/proof`)).detail).toContain('its rows are 0 to 4')
    expect((await get(`${at(version)}/rows/-1/proof`)).status).toBe(422)
  })

  it('is verified, by whoever may read', async () => {
    const verify = () => api.call('POST', `${at(version)}/verification`, { token: 'reader' })
    const { status, body } = await verify()
    expect([status, body]).toEqual([
      200,
      { name: 'quiz', digest: version.digest, ok: true, problems: [], rows: 5, bytes: version.bytes },
    ])
    await api.platform.blobs.put(dataKey(version), 'damaged\n', 'any')
    expect((await verify()).body).toMatchObject({ ok: false, rows: 1 })
  })

  it('is not shown to somebody without the scope', async () => {
    for (const path of [
      `${at(version)}/report`,
      `${at(version)}/rows`,
      '/v1/datasets/quiz/diff?from=latest',
      '/v1/suites',
    ])
      expect((await get(path, 'nobody')).status).toBe(403)
  })
})

describe('a diff', () => {
  const diff = (query: string) => get(`/v1/datasets/quiz/diff?${query}`)

  it('is of two versions, the latest by default, or of another dataset', async () => {
    const forward = await diff(`from=${old.digest}`)
    expect(operations.diffDatasets.response.parse(forward.body)).toEqual(forward.body)
    expect(forward.body).toMatchObject({ added: 1, removed: 0, unchanged: 4, to: { digest: version.digest } })
    expect((await diff(`from=latest&to=${old.digest}`)).body).toMatchObject({ added: 0, removed: 1 })
    const other = await addDataset(api.platform, 'other', rows[0] as string)
    for (const from of ['other@latest', `other@${other.digest}`])
      expect((await diff(`from=${from}`)).body).toMatchObject({
        from: { name: 'other' },
        to: { name: 'quiz' },
        added: 4,
      })
  })

  it('of what is not there, or not named rightly, is refused', async () => {
    expect(problemOf(await diff('from=nothing@latest')).status).toBe(404)
    expect(problemOf(await diff(`from=${'0'.repeat(64)}`)).detail).toContain('has no version')
    expect(problemOf(await diff('')).errors[0]?.pointer).toBe('/query/from')
    expect(problemOf(await diff('from=other')).errors[0]?.pointer).toBe('/query/from')
  })
})

it('evaluation data is listed once it is registered as such', async () => {
  expect((await get('/v1/suites')).body).toEqual({ items: [], next: null })
  const { body: upload } = await api.call('POST', '/v1/uploads')
  await api.platform.blobs.put(`uploads/${upload.upload}`, rows[1] as string, 'absent')
  const body = { upload: upload.upload, suite: true }
  const registered = await api.call('POST', '/v1/datasets/held-out/versions', { body })
  expect(registered.status).toBe(201)
  expect((await get('/v1/suites')).body).toEqual({ items: [registered.body], next: null })
})
