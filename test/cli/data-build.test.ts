import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'
import { type Reply, startStub } from './stub-server.ts'
import { sluice } from './test-io.ts'

const id = 'bld-0123456789abcdefghij'
const at = '2026-01-01T00:00:00.000Z'
const build = {
  ...{ id, status: 'submitted', taint: [], suites: [], outputs: [], created_at: at, updated_at: at },
  request: { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }], operators: {}, seed: 0, taint: [] },
  sources: [{ dataset: 'raw', digest: 'a'.repeat(64), rows: 1, bytes: 2, format: 'sft' }],
}
const file = () => {
  const path = join(tempDir(), 'clean.yaml')
  writeFileSync(path, 'kind: dataset\nname: clean\nsources: [{ dataset: raw }]\n')
  return path
}

it('whoever waits for a build is told its id first, as the server may go away meanwhile', async () => {
  const { options } = await startStub(
    ({ method }): Reply => (method === 'POST' ? { status: 202, body: build } : 'hang up'),
  )
  const { code, out, err } = await sluice([...options, 'data', 'build', file()])
  expect([code, out]).toEqual([1, ''])
  expect(err).toMatch(new RegExp(`^${id} goes on .*: sluice data builds ${id}\\n`))
  const json = await sluice([...options, '--json', 'data', 'build', file()])
  expect([json.code, json.out]).toEqual([1, ''])
  expect(JSON.parse(json.err)).toMatchObject({ status: 0 })
})

it('a build that failed is exit code 1, with its reason', async () => {
  const ended = { ...build, status: 'failed', finished_at: at, reason: { code: 'invalid', message: 'no row is left' } }
  const { options } = await startStub(({ method }) => ({ body: method === 'POST' ? build : ended }))
  const { code, out } = await sluice([...options, 'data', 'build', file()])
  expect(code).toBe(1)
  expect(out).toContain('invalid: no row is left')
})
