import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createBlobs, type EmbeddedBlobs } from '../adapters/embedded/blobs.ts'
import { createCompute } from '../adapters/embedded/compute.ts'
import { acquireDataDirLock } from '../adapters/embedded/data-dir-lock.ts'
import { openDatabase } from '../adapters/embedded/database.ts'
import { createOutbox } from '../adapters/embedded/outbox.ts'
import { createSecrets } from '../adapters/embedded/secrets.ts'
import { createSigner } from '../adapters/embedded/signer.ts'
import { createTable } from '../adapters/embedded/table.ts'
import { createWorkflows } from '../adapters/embedded/workflows.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { createEndpoints } from '../adapters/system/endpoints.ts'
import { createIds } from '../adapters/system/ids.ts'
import { createScratch, sweepScratch } from '../adapters/system/scratch.ts'
import { createThreadPool } from '../adapters/system/thread-pool.ts'
import type { Clock, Compute, Ids, Platform } from '../core/platform/ports.ts'
import { registerBaseModel } from '../core/registry/base-models.ts'
import { tinyBaseModel } from './base-model.ts'
import { type Cleanup, startedOrUndone } from './cleanup.ts'
import { trainersFile } from './config.ts'
import { startConsumers } from './consumers.ts'
import { startDropWatcher } from './drop-watcher.ts'
import { createStepInvoker } from './invoke-step.ts'
import { loadMachines } from './machines.ts'
import { runtimeCounts } from './prometheus-counts.ts'
import { createTimers } from './timers.ts'
import { generatedSecret } from './token.ts'
import { computeDefinitions } from './trainers.ts'
import { startUploadSweeper } from './upload-sweeper.ts'

export type Log = (message: string, fields: Record<string, unknown>) => void

export interface RuntimeOptions {
  directory: string
  maxExecutions: number
  maxTrainers: number
  graceSeconds: number
  log: Log
  /** Where presigned URLs point. */
  baseUrl: () => string
  secrets?: Record<string, string | undefined>
  clock?: Clock
  ids?: Ids
  /** In place of child processes. */
  compute?: (platform: { blobs: EmbeddedBlobs; clock: Clock }) => Compute
  /** Put around the drivers: to count their calls, or to make some fail. */
  around?: (platform: Platform) => Platform
}

export type Runtime = Awaited<ReturnType<typeof startRuntime>>

/**
 * The embedded runtime on one data directory: drivers, state machines, event consumers and schedules. A second one is refused
 * with Fault `conflict`; one that cannot start leaves the directory free.
 */
export async function startRuntime(options: RuntimeOptions) {
  return startedOrUndone((cleanup) => assemble(options, cleanup))
}

async function assemble(options: RuntimeOptions, cleanup: Cleanup) {
  const { directory, log, clock = systemClock } = options
  const ids = options.ids ?? createIds(clock)
  const machines = await loadMachines()
  const lock = await acquireDataDirLock(directory)
  cleanup.add(() => lock.release())
  await mkdir(join(directory, 'trainers'), { recursive: true })
  const signingKey = await generatedSecret(directory, 'keys/presign')
  const database = openDatabase(join(directory, 'sluice.db'))
  cleanup.add(() => database.close())
  // Every step may run twice, so the journal need not survive a power cut: see docs/adr/0005.
  const executions = openDatabase(join(directory, 'executions.db'), 'normal')
  cleanup.add(() => executions.close())
  const outbox = createOutbox(database, clock)
  const blobs = createBlobs({ root: join(directory, 'blobs'), baseUrl: options.baseUrl, signingKey, clock })
  const scratch = join(directory, 'scratch')
  const sweep = () => void sweepScratch(scratch).catch((error) => log('scratch files could not be removed', { error }))
  sweep()
  const processes = createCompute({
    database: executions.handle,
    directory: join(directory, 'trainers'),
    clock,
    ids,
    definitions: await computeDefinitions(trainersFile(directory)),
    maxConcurrentJobs: options.maxTrainers,
    graceSeconds: options.graceSeconds,
    log,
    onEnded: () => {
      workflows.poke()
      sweep()
    },
  })
  // Leaves trainers running: the next start adopts them.
  cleanup.add(() => processes.close())
  const compute = options.compute?.({ blobs, clock }) ?? processes
  const invoker = createStepInvoker(() => platform)
  cleanup.add(() => invoker.idle())
  const workflows = createWorkflows({
    database: executions.handle,
    clock,
    ids,
    machines,
    invoke: invoker.invoke,
    compute,
    maxConcurrentExecutions: options.maxExecutions,
    log,
  })
  cleanup.add(() => workflows.close())
  const workers = createThreadPool({ entry: new URL('../functions/worker/thread.ts', import.meta.url) })
  cleanup.add(() => workers.close())
  const timers = createTimers({ clock, log, platform: () => platform })
  cleanup.add(() => timers.close())
  const { around = (drivers: Platform) => drivers } = options
  const platform = around({
    table: createTable(database, 'control', clock),
    metrics: createTable(database, 'metrics', clock, { publishes: false }),
    blobs,
    compute,
    workflows,
    schedules: timers.schedules,
    secrets: createSecrets({ environment: options.secrets ?? {}, directory }),
    signer: createSigner(directory),
    scratch: createScratch(scratch),
    workers,
    endpoints: createEndpoints(),
    clock,
    ids,
  })
  await registerBaseModel(platform, await tinyBaseModel())
  await processes.resume()
  await workflows.resume()
  const consumers = startConsumers(platform, outbox, log)
  cleanup.add(() => consumers.stop())
  await timers.resume()
  const uploads = startUploadSweeper({ blobs, clock }, log)
  cleanup.add(() => uploads.stop())
  const drops = startDropWatcher({ directory: await dropFolder(directory), platform, log })
  cleanup.add(() => drops.stop())

  return {
    platform,
    blobs,
    signingKey,
    counts: runtimeCounts(database, executions),
    /** Resolves when no event waits and no execution runs. */
    async settled(): Promise<void> {
      await consumers.drained()
      await workflows.idle()
      await consumers.drained()
    },
    stop: () => cleanup.run(),
  }
}

/** Where data files are dropped, made when it is missing. */
export async function dropFolder(directory: string): Promise<string> {
  const folder = join(directory, 'drops')
  await mkdir(folder, { recursive: true })
  return folder
}
