import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { prepareProject } from '../support/api.ts'
import { createInstantCompute } from '../support/instant-compute.ts'
import { startTestServer } from '../support/local-server.ts'
import { jsonl, sft } from '../support/sample-project.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

it('a server takes in what is dropped, and submits what is scheduled, over a restart', async () => {
  const clock = createVirtualClock()
  const options = { clock, compute: () => createInstantCompute(clock) }
  const first = await startTestServer(options)
  await prepareProject(first)
  await mkdir(join(first.directory, 'drops/dropped'), { recursive: true })
  await writeFile(join(first.directory, 'drops/dropped/rows.jsonl'), jsonl(sft))
  await clock.advance(3000)
  const { body } = await first.request('GET', '/v1/datasets/dropped/drops')
  expect(body.items).toMatchObject([{ key: 'drops/dropped/rows.jsonl', status: 'accepted', rows: sft.length }])
  const report = join(first.directory, 'drops/dropped/rows.jsonl.report.json')
  expect(JSON.parse(await readFile(report, 'utf8'))).toEqual(body.items[0])

  const request = { recipe: 'sample', datasets: { 'sample-sft': 'dropped' } }
  const put = await first.request('PUT', '/v1/schedules/often', {
    cron: '* * * * *',
    action: { kind: 'job', request },
  })
  expect(put).toMatchObject({ status: 200, body: { next_runs: { 0: '2026-01-01T00:01:00.000Z' } } })
  await first.stop({ keep: true })

  const second = await startTestServer({ ...options, directory: first.directory })
  await clock.advance(60_000)
  const { last_run } = (await second.request('GET', '/v1/schedules/often')).body
  const job = await second.request('GET', `/v1/jobs/${last_run.job}`)
  expect(job.body).toMatchObject({ labels: { schedule: 'often' }, datasets: { stages: [{ name: 'dropped' }, {}] } })
  await second.stop()
  expect(existsSync(first.directory)).toBe(false)
})
