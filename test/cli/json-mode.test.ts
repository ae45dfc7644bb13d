import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'
import { failed, job, jobId, succeeded } from './job-samples.ts'
import { startStub } from './stub-server.ts'
import { createTestIo, sluice } from './test-io.ts'

const file = () => {
  const path = join(tempDir(), 'r.yaml')
  writeFileSync(path, 'name: r\n')
  return path
}
const evaluation = 'ev-0123456789abcdefghij'

it.each([
  ['GET', `/v1/jobs?limit=50`, () => ['jobs', 'list']],
  ['GET', `/v1/jobs?limit=2&after=x%3D`, () => ['jobs', 'list', '--limit', '2', '--after', 'x=']],
  ['GET', `/v1/jobs/${jobId}`, () => ['jobs', 'get', jobId]],
  ['GET', `/v1/jobs/${jobId}/events?limit=200`, () => ['jobs', 'events', jobId]],
  [
    'GET',
    `/v1/jobs/${jobId}/logs?lines=9&stage=1&attempt=2`,
    () => ['jobs', 'logs', jobId, '--stage', '1', '--attempt', '2', '--lines', '9'],
  ],
  [
    'GET',
    `/v1/jobs/${jobId}/metrics?names=a%2Cb&stage=0&start_step=5&end_step=9`,
    () => ['jobs', 'metrics', jobId, '--names', 'a,b', '--stage', '0', '--from', '5', '--to', '9'],
  ],
  [
    'GET',
    `/v1/jobs/${jobId}/metrics?stage=0&attempt=2&buckets=9`,
    () => ['jobs', 'metrics', jobId, '--stage', '0', '--attempt', '2', '--buckets', '9'],
  ],
  ['GET', `/v1/jobs/${jobId}/metrics/branches`, () => ['jobs', 'branches', jobId]],
  ['POST', `/v1/jobs/${jobId}/metrics/sync`, () => ['jobs', 'sync', jobId]],
  ['POST', `/v1/jobs/${jobId}/metrics/export`, () => ['jobs', 'export', jobId, '--format', 'csv']],
  [
    'GET',
    `/v1/metrics/compare?names=a&jobs=${jobId}%2C${jobId}&buckets=24`,
    () => ['jobs', 'compare', jobId, jobId, '--names', 'a'],
  ],
  ['GET', `/v1/jobs/${jobId}/anomalies`, () => ['jobs', 'anomalies', jobId]],
  ['GET', `/v1/jobs/${jobId}/health`, () => ['jobs', 'health', jobId]],
  ['POST', `/v1/jobs/${jobId}/diagnose`, () => ['jobs', 'diagnose', jobId]],
  ['POST', '/v1/policies/backtest', () => ['policies', 'backtest', '--jobs', jobId]],
  ['GET', `/v1/jobs/${jobId}/preflight`, () => ['jobs', 'preflight', jobId]],
  ['GET', `/v1/jobs/${jobId}/failure-pack`, () => ['jobs', 'failure-pack', jobId]],
  ['POST', '/v1/jobs', () => ['jobs', 'submit', 'r']],
  ['POST', `/v1/jobs/${jobId}/cancel`, () => ['jobs', 'cancel', jobId, '--reason', 'x']],
  ['POST', `/v1/jobs/${jobId}/resume`, () => ['jobs', 'resume', jobId]],
  ['POST', `/v1/jobs/${jobId}/clone`, () => ['jobs', 'clone', jobId]],
  ['POST', '/v1/recipes', () => ['recipes', 'publish', file()]],
  ['POST', '/v1/recipes/validate', () => ['recipes', 'validate', file()]],
  ['GET', '/v1/recipes?limit=50', () => ['recipes', 'list']],
  ['GET', '/v1/recipes/r?version=2', () => ['recipes', 'get', 'r@2']],
  ['GET', '/v1/recipes/r', () => ['recipes', 'get', 'r']],
  ['GET', '/v1/datasets?limit=50', () => ['datasets', 'list']],
  ['GET', '/v1/datasets/d/versions?limit=50', () => ['datasets', 'versions', 'd']],
  ['GET', '/v1/datasets/My%20Data/drops?limit=10', () => ['datasets', 'drops', 'My Data']],
  ['GET', '/v1/models?limit=50', () => ['models', 'list']],
  ['GET', '/v1/models/m', () => ['models', 'get', 'm']],
  ['GET', '/v1/base-models?limit=50', () => ['models', 'base']],
  ['PUT', '/v1/models/m/aliases/production', () => ['models', 'promote', 'm@1']],
  ['GET', `/v1/evaluations/${evaluation}`, () => ['evaluations', 'get', evaluation]],
  [
    'GET',
    `/v1/evaluations/${evaluation}/responses?limit=50&after=7`,
    () => ['evaluations', 'responses', evaluation, '--after', '7'],
  ],
])('%s %s: --json prints exactly what the API answered, whatever it is', async (method, path, argv) => {
  const text = '{"not":"what the schema says","n":1e-7,  "s":"\\u001b[2J"}'
  const { options, received } = await startStub(() => ({ body: text }))
  const { code, out, err } = await sluice([...options, ...argv(), '--json'], createTestIo({ isTTY: true }))
  expect([code, out, err]).toEqual([0, `${text}\n`, ''])
  expect(received.map((request) => [request.method, request.path])).toEqual([[method, path]])
})

it('watch --json prints one line for each change and nothing else', async () => {
  const views = [job(), job(), job({ status: 'running' }), succeeded()]
  const { options, received } = await startStub(() => ({ body: views.length > 1 ? views.shift() : views[0] }))
  const { code, out, err } = await sluice([...options, 'jobs', 'watch', jobId, '--json'], createTestIo({ isTTY: true }))
  expect([code, err]).toEqual([0, ''])
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).status),
  ).toEqual(['submitted', 'running', 'succeeded'])
  expect(received.every((request) => request.path === `/v1/jobs/${jobId}`)).toBe(true)
})

it('a job that fails is printed on stdout, with exit code 1 and no problem', async () => {
  const { options } = await startStub(() => ({ body: failed() }))
  const { code, out, err } = await sluice([...options, 'jobs', 'watch', jobId, '--json'])
  expect([code, err]).toEqual([1, ''])
  expect(JSON.parse(out)).toMatchObject({ status: 'failed', reason: { code: 'TrainingFailed' } })
})
