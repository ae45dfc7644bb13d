import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import type { MetricBranch } from '../../schemas/metrics.ts'
import { prepareProject, submitSample } from '../support/api.ts'
import { finished, startTestServer, type TestServer } from '../support/local-server.ts'
import { sampleRecipe } from '../support/sample-project.ts'
import { tempDir } from '../support/temp-dir.ts'
import { trainerPids } from '../support/trainer-processes.ts'

const mebibyte = 2 ** 20
const host = fileURLToPath(new URL('./metrics-large-host.ts', import.meta.url))

let server: TestServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

it('a second trainer of one attempt is fenced off and writes nothing: every step is there once', async () => {
  const test = await startTestServer()
  server = test
  const [sft] = sampleRecipe().stages
  if (sft?.algorithm !== 'sft') throw new Error('the sample recipe changed')
  await prepareProject(test, {
    stages: [{ ...sft, steps: 40, save_steps: 40 }],
    gate: [{ type: 'no_regression', margin: 0.2 }],
  })
  const { id } = await submitSample(test)
  let first: number | undefined
  while ((await stepOf(id)) === 0 || first === undefined) [first] = await trainerPids(test.directory)
  process.kill(first, 'SIGSTOP')
  const second = await twinOf(first)
  process.kill(first, 'SIGCONT')
  expect(second).toMatchObject({ code: 64, errors: expect.stringContaining(`leased by the live process ${first}`) })

  const job = await finished(test, id)
  expect(job.stages[0]?.attempts).toMatchObject([{ status: 'succeeded', exit_code: 0 }])
  const { branches } = (await test.request('GET', `/v1/jobs/${id}/metrics/branches`)).body as {
    branches: MetricBranch[]
  }
  expect(branches).toMatchObject([{ rows: 40, first_step: 1, last_step: 40, backward_steps: 0, junk_lines: 0 }])
  expect((job.findings ?? []).filter((each) => each.includes('data_quality'))).toEqual([])

  async function stepOf(job: string): Promise<number> {
    return (await test.request('GET', `/v1/jobs/${job}`)).body.stages[0].step
  }
})

/** The same program on the same spec, while the other one lives. */
async function twinOf(pid: number): Promise<{ code: number | null; errors: string }> {
  const [command = '', ...options] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1)
  const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter((each) => each.includes('='))
  const env = Object.fromEntries(
    variables.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  )
  const child = spawn(command, options, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (bytes: Buffer) => {
    errors += String(bytes)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, errors }
}

it.each([
  ['rows', { junk_lines: 0, points: 2_306_720, rows: 115_336 }],
  ['nul', { junk_lines: 1, points: 0, rows: 0 }],
  ['line', { junk_lines: 1, points: 0, rows: 0 }],
])('a segment of 60 MiB (%s) is read within 56 MiB of memory', async (kind, expected) => {
  const options = ['--disable-warning=ExperimentalWarning', host, tempDir(), kind, '60']
  const { stdout } = await promisify(execFile)(process.execPath, options)
  const { cursor, counts, before, ingested } = JSON.parse(stdout)
  expect(cursor).toMatchObject(expected)
  expect(counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(expected.rows)
  expect((ingested - before) / mebibyte).toBeLessThan(56)
})
