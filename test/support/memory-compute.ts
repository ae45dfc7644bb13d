import { Fault } from '../../core/platform/fault.ts'
import type { Clock, Compute, ComputeDefinition, ComputeJob, ComputeRecord } from '../../core/platform/ports.ts'

export interface MemoryCompute extends Compute {
  jobs: Map<string, ComputeJob>
  /** Lets a submitted job come to its end. */
  end(name: string, exitCode: number, statusReason?: string): void
  setFreeDisk(bytes: number): void
  /** What is known of every definition from now on; undefined: there is none. */
  setDefinition(change: Partial<ComputeDefinition> | undefined): void
}

/** Jobs that run until the test ends them; terminating ends them with 143, as a trainer that obeys SIGTERM does. */
export function createMemoryCompute(clock: Clock): MemoryCompute {
  const jobs = new Map<string, ComputeJob>()
  const records = new Map<string, ComputeRecord>()
  const machine = { freeDiskBytes: 100e9, image: null, gpus: 0, gpuMemoryBytes: null, usdPerHour: 0 }
  let known: ComputeDefinition | undefined = machine

  function end(name: string, exitCode: number, statusReason?: string): void {
    const record = records.get(name)
    if (!record || record.stoppedAt) return
    const status = exitCode === 0 ? 'succeeded' : 'failed'
    const stoppedAt = clock.now().toISOString()
    records.set(name, { ...record, status, exitCode, stoppedAt, ...(statusReason && { statusReason }) })
  }

  return {
    jobs,
    end,
    setFreeDisk(bytes) {
      known = { ...(known ?? machine), freeDiskBytes: bytes }
    },
    setDefinition(change) {
      known = change && { ...(known ?? machine), ...change }
    },
    async submit(job) {
      const now = clock.now().toISOString()
      const known = records.get(job.name)
      if (known) return known
      const record = { id: job.name, name: job.name, status: 'running' as const, createdAt: now, startedAt: now }
      jobs.set(job.name, job)
      records.set(job.name, record)
      return record
    },
    async describe(name) {
      return records.get(name)
    },
    async listActive() {
      return [...records.values()].filter((record) => !record.stoppedAt)
    },
    async terminate(name, reason) {
      end(name, 143, reason)
    },
    async describeDefinition(definition) {
      if (known) return known
      throw new Fault('not_found', `compute definition "${definition}" does not exist here; use one of tiny-trainer`)
    },
    async logTail(name, lines) {
      const said = records.has(name) ? [`${name} started`, `${name} logged its last line`] : []
      return said.slice(-lines)
    },
  }
}
