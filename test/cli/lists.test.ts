import { expect, it } from 'vitest'
import { comparison, digest, job, jobId, passed, succeeded } from './job-samples.ts'
import { startStub } from './stub-server.ts'
import { sluice } from './test-io.ts'

const listing = async (items: object[], ...argv: string[]) => {
  const { options } = await startStub(() => ({ body: { items, next: null } }))
  return sluice([...options, ...argv])
}

it('jobs list says what an evaluation evaluates, and how it came out', async () => {
  const artifact = { key: 'k', manifest_digest: digest }
  const evaluation = { kind: 'evaluation' as const, stages: [], evaluates: { name: 'm', version: 3, artifact } }
  const done = job({ ...evaluation, status: 'succeeded', comparison, gate: passed })
  const { out } = await listing([done, job(evaluation), succeeded()], 'jobs', 'list')
  const [, first, second, third] = out.split('\n')
  expect(first).toMatch(/ evaluates m@3 .* gate pass, [\d.]+ % right$/)
  expect(second).toMatch(/ evaluates m@3 .* -$/)
  expect(third).not.toContain('evaluates')
})

it('a cancelled evaluation promises no checkpoint', async () => {
  const evaluates = { name: 'm', version: 3, artifact: { key: 'k', manifest_digest: digest } }
  const { options } = await startStub(() => ({
    status: 202,
    body: job({ evaluates, stages: [], status: 'cancelled' }),
  }))
  const { out } = await sluice([...options, 'jobs', 'cancel', jobId])
  expect(out).toContain(`evaluate again, what is scored stays: sluice jobs resume ${jobId}`)
  expect(out).not.toContain('checkpoint')
})

it('datasets drops shows each file with its outcome, subfolders as part of the name', async () => {
  const at = '2026-01-01T00:00:00.000Z'
  const common = { etag: 'e', modified_at: at, at, dataset: 'd', errors: [] }
  const accepted = {
    ...common,
    key: 'drops/d/2026/a.jsonl',
    status: 'accepted',
    digest,
    rows: 7,
    message: 'has 7 rows',
  }
  const refused = { ...common, key: 'drops/d/b.csv', status: 'refused', message: 'no format' }
  const { code, out } = await listing([accepted, refused], 'datasets', 'drops', 'd')
  expect(code).toBe(0)
  expect(out).toMatch(/^2026\/a.jsonl +accepted +7 +2026-01-01T00:00:00Z +has 7 rows$/m)
  expect(out).toMatch(/^b.csv +refused +- +2026-01-01T00:00:00Z +no format$/m)
})

it('datasets drops says where nothing was dropped', async () => {
  const { code, out, err } = await listing([], 'datasets', 'drops', 'd')
  expect([code, out, err]).toEqual([0, '', expect.stringContaining('dropped into drops/d/')])
})

it('models base shows where each model lies and how much it reads', async () => {
  const model = { id: 'Qwen/Qwen3-0.6B', uri: 's3://m/q/', digest, label: '', context_length: 32_768 }
  const { out } = await listing([model], 'models', 'base')
  expect(out).toMatch(/^Qwen\/Qwen3-0.6B +abababababab +32768 +s3:\/\/m\/q\/ +-$/m)
})
