import { mkdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { checkDefinition, checkJob } from '../../core/platform/compute-request.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { Compute } from '../../core/platform/ports.ts'
import { tailLines } from './compute-log.ts'
import type { ComputeOptions } from './compute-options.ts'
import { createJobRunner } from './compute-runner.ts'
import { openComputeStore, prepareComputeTables } from './compute-store.ts'
import { controlDirectory, jobFiles } from './compute-supervisor.ts'

export interface EmbeddedCompute extends Compute {
  /** Adopts, finishes or starts what an earlier process left. Call it once, before `Workflows.resume`. */
  resume(): Promise<void>
  /** Leaves jobs running for a later process to adopt, or ends them. */
  close(options?: { terminate: boolean }): Promise<void>
  /** Resolves when no job is queued or running. */
  idle(): Promise<void>
}

/** Jobs as child processes of one machine. They and their exit codes outlive this process. */
export function createCompute(options: ComputeOptions): EmbeddedCompute {
  const { database, directory, clock, ids, definitions } = options
  mkdirSync(controlDirectory(directory), { recursive: true, mode: 0o700 })
  prepareComputeTables(database)
  const store = openComputeStore(database)
  const runner = createJobRunner({ ...options, store, onEnded: options.onEnded ?? (() => {}) })
  const knownUnless = (wanted: string) => (Object.hasOwn(definitions, wanted) ? undefined : Object.keys(definitions))

  return {
    async submit(job) {
      const known = store.get(job.name)
      if (known) return known.record
      checkJob(job, knownUnless(job.definition))
      refuseIfClosed(`job "${job.name}" cannot be submitted`)
      store.add(ids.next(), job, clock.now().toISOString())
      runner.enqueue(job.name)
      const added = store.get(job.name)
      if (!added) throw new Fault('internal', `job "${job.name}" was not stored`)
      return added.record
    },
    async describe(name) {
      return store.get(name)?.record
    },
    async listActive() {
      return store.active().map(({ record }) => record)
    },
    async terminate(name, reason) {
      if (!store.get(name)) return
      refuseIfClosed(`job "${name}" cannot be terminated`)
      runner.stop(name, reason)
    },
    async describeDefinition(definition) {
      checkDefinition(definition, knownUnless(definition))
      const { bavail, bsize } = await statfs(directory)
      const { gpus = 0, gpuMemoryBytes = null, usdPerHour = 0 } = definitions[definition] ?? {}
      return { freeDiskBytes: bavail * bsize, image: null, gpus, gpuMemoryBytes, usdPerHour }
    },
    async logTail(name, lines) {
      const job = store.get(name)
      return job ? tailLines(jobFiles(directory, job).log, lines) : []
    },
    async resume() {
      runner.resume()
    },
    async close({ terminate } = { terminate: false }) {
      if (terminate) {
        for (const { record } of store.active()) runner.stop(record.name, 'The server is shutting down')
        await runner.idle()
      }
      runner.close()
    },
    idle: () => runner.idle(),
  }

  function refuseIfClosed(what: string): void {
    if (runner.isClosed()) throw new Fault('busy', `${what}: the compute driver is closed`)
  }
}
