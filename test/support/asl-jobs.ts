import { Fault } from '../../core/platform/fault.ts'
import type { Clock, Compute, ComputeJob, ComputeRecord } from '../../core/platform/ports.ts'

export interface Jobs extends Compute {
  submissions: ComputeJob[]
  terminations: { name: string; reason: string }[]
  /** Ends a job. */
  end(name: string, exitCode: number, statusReason?: string): void
  /** Submissions fail with this from now on. */
  refuse: Error | undefined
}

/** Jobs that run until a test ends them. */
export function createJobs(clock: Clock): Jobs {
  const records = new Map<string, ComputeRecord>()
  const now = () => clock.now().toISOString()
  const known = (name: string) => {
    const record = records.get(name)
    if (!record) throw new Fault('not_found', `job "${name}" does not exist`)
    return record
  }
  const jobs: Jobs = {
    submissions: [],
    terminations: [],
    refuse: undefined,
    end(name, exitCode, statusReason = 'Essential container in task exited') {
      const status = exitCode === 0 ? 'succeeded' : 'failed'
      records.set(name, { ...known(name), status, exitCode, statusReason, stoppedAt: now() })
    },
    async submit(job) {
      if (jobs.refuse) throw jobs.refuse
      jobs.submissions.push(job)
      const record: ComputeRecord = records.get(job.name) ?? {
        id: `id-of-${job.name}`,
        name: job.name,
        status: 'running',
        createdAt: now(),
        startedAt: now(),
      }
      records.set(job.name, record)
      return record
    },
    async describe(name) {
      return records.get(name)
    },
    async listActive() {
      return [...records.values()].filter(({ status }) => status === 'running')
    },
    async terminate(name, reason) {
      jobs.terminations.push({ name, reason })
    },
    async describeDefinition() {
      return { freeDiskBytes: 1e12, image: null, gpus: 0, gpuMemoryBytes: null, usdPerHour: 0 }
    },
    async logTail() {
      return []
    },
  }
  return jobs
}

/** A `.sync` task that submits the job named by the input. */
export function jobTask(more: object = { End: true }): object {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::batch:submitJob.sync',
    Arguments: {
      JobName: '{% $states.input.name %}',
      JobQueue: 'queue',
      JobDefinition: 'trainer',
      ShareIdentifier: 'default',
      ContainerOverrides: { Environment: [{ Name: 'SPEC', Value: '{% $states.input.spec %}' }] },
      Timeout: { AttemptDurationSeconds: 3600 },
      Tags: { job: '{% $states.input.name %}' },
    },
    ...more,
  }
}
