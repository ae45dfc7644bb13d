import { jobDraft } from '../../../core/jobs/job-store.ts'
import { appendRows, type LogLine } from '../../../core/metrics/append-rows.ts'
import { putSourceHead } from '../../../core/metrics/source-head.ts'
import type { Job, Stage } from '../../../schemas/job.ts'
import { submitSample } from './project.ts'
import type { TestPlatform } from './test-platform.ts'

export interface StoredAttempt {
  lines: readonly LogLine[]
  resumed_from_step?: number
}

export const second = (seconds: number) => new Date(Date.parse('2026-01-01T00:00:00.000Z') + 1000 * seconds)

/** Lines of steps `from` to `to`, one for each second after `at` seconds. */
export function lines(from: number, to: number, data: (step: number) => Record<string, number>, at = 0): LogLine[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    step: from + i,
    time: second(at + i).getTime(),
    data: data(from + i),
  }))
}

/** A job of the sample project as if its stages had logged these lines; one list of attempts for each stage. */
export async function storedJob(
  platform: TestPlatform,
  stages: readonly (readonly StoredAttempt[])[],
  change: Partial<Job> = {},
  algorithm: Stage['algorithm'] = 'grpo',
): Promise<Job> {
  const submitted = await submitSample(platform)
  const job: Job = {
    ...submitted,
    status: 'failed',
    stages: stages.map((attempts, index) => storedStage(submitted.id, index, attempts, algorithm)),
    ...change,
  }
  await platform.table.put(jobDraft(job), 'any')
  for (const stage of job.stages)
    for (const { number, resumed_from_step } of stage.attempts) {
      const source = { job: job.id, stage: stage.index, attempt: number }
      await putSourceHead(platform.metrics, source, {
        algorithm,
        planned_steps: stage.planned_steps,
        resumed_from_step,
      })
      const logged = stages[stage.index]?.[number - 1]?.lines ?? []
      if (logged.length > 0) await appendRows(platform, source, logged)
    }
  return job
}

function storedStage(
  job: string,
  index: number,
  attempts: readonly StoredAttempt[],
  algorithm: Stage['algorithm'],
): Stage {
  return {
    index,
    algorithm,
    status: attempts.length === 0 ? 'pending' : 'running',
    planned_steps: 100,
    attempts: attempts.map(({ lines: logged, resumed_from_step = 0 }, i) => {
      const [first, last] = [logged[0]?.time || 0, logged.at(-1)?.time || 0]
      return {
        number: i + 1,
        status: 'failed',
        compute_job: `${job}-s${index}-a${i + 1}`,
        resumed_from_step,
        exit_code: 1,
        compute: { id: 'c', status: 'failed', running_at: new Date(first).toISOString() },
        started_at: new Date(first).toISOString(),
        ended_at: new Date(last).toISOString(),
      }
    }),
  }
}
