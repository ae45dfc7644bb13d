import { jobDraft } from '../../core/jobs/job-store.ts'
import { appendRows } from '../../core/metrics/append-rows.ts'
import type { Draft } from '../../core/platform/ports.ts'
import type { ServerOptions } from '../../local/server.ts'
import type { Job } from '../../schemas/job.ts'
import { prepareProject, submitSample } from './api.ts'
import { createInstantCompute } from './instant-compute.ts'
import { startTestServer, type TestServer } from './local-server.ts'

export type LiveServer = Awaited<ReturnType<typeof startLiveServer>>

/** A server with a job that nothing runs, so that it has no end of its own. */
export async function startLiveServer(
  overrides: Parameters<typeof startTestServer>[0] & Partial<Pick<ServerOptions, 'viewers'>> = {},
) {
  const test: TestServer = await startTestServer({
    compute: ({ clock }) => createInstantCompute(clock),
    ...overrides,
  })
  await prepareProject(test)
  const submitted = await submitSample(test)
  await test.server.settled()
  const { platform, url, token } = test.server
  let jobs = 0
  const newJob = async () => {
    jobs += 1
    const id = `job-${String(jobs).padStart(20, '0')}`
    await platform.table.put(unlisted({ ...submitted, id, status: 'running' }), 'absent')
    return id
  }
  const self = {
    ...test,
    job: await newJob(),
    /** Another job that nothing runs. */
    newJob,
    finished: submitted.id,
    get: (path: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
      fetch(url + path, { headers: { authorization: `Bearer ${token}`, ...headers }, ...(signal && { signal }) }),
    /** Metrics of `job`: one chunk with these steps, a second apart. */
    async log(steps: readonly number[], names: readonly string[] = ['loss']): Promise<void> {
      const row = (step: number) => Object.fromEntries(names.map((name, i) => [name, step + i / 7]))
      const lines = steps.map((step) => ({ step, time: 1_700_000_000_000 + step * 1000, data: row(step) }))
      await appendRows(platform, { job: self.job, stage: 0, attempt: 1 }, lines)
    },
  }
  return self
}

/** In no list of live jobs: nobody finds that nothing runs it. */
function unlisted(job: Job): Draft {
  const { gsi1: _, ...draft } = jobDraft(job)
  return draft
}
