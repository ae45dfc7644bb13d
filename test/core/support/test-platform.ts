import { createBlobs } from '../../../adapters/embedded/blobs.ts'
import { openDatabase } from '../../../adapters/embedded/database.ts'
import { createOutbox } from '../../../adapters/embedded/outbox.ts'
import { createSigner } from '../../../adapters/embedded/signer.ts'
import { createTable } from '../../../adapters/embedded/table.ts'
import type { BusinessEvent } from '../../../core/platform/business-events.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { createInlineWorkers } from '../../support/inline-workers.ts'
import { createMemoryCompute, type MemoryCompute } from '../../support/memory-compute.ts'
import { createMemorySchedules, type MemorySchedules } from '../../support/memory-schedules.ts'
import { createMemoryScratch } from '../../support/memory-scratch.ts'
import { createMemoryWorkflows, type MemoryWorkflows } from '../../support/memory-workflows.ts'
import { createSeededIds } from '../../support/seeded-ids.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts'

export interface TestPlatform extends Platform {
  clock: VirtualClock
  compute: MemoryCompute
  workflows: MemoryWorkflows
  schedules: MemorySchedules
  directory: string
  /** Every event written with an item of `table`, in commit order. */
  events(): BusinessEvent[]
}

/** The embedded drivers on a database in memory and a temporary directory, with a clock that stands still. */
export function createTestPlatform(): TestPlatform {
  const clock = createVirtualClock()
  const database = openDatabase(':memory:')
  const outbox = createOutbox(database, clock)
  const directory = tempDir()
  return {
    directory,
    clock,
    ids: createSeededIds(),
    table: createTable(database, 'control', clock),
    metrics: createTable(database, 'metrics', clock, { publishes: false }),
    blobs: createBlobs({ root: `${directory}/blobs`, baseUrl: () => 'http://127.0.0.1', signingKey: 'test', clock }),
    signer: createSigner(directory),
    compute: createMemoryCompute(clock),
    workflows: createMemoryWorkflows(clock),
    schedules: createMemorySchedules(),
    scratch: createMemoryScratch(),
    workers: createInlineWorkers(),
    endpoints: {
      async post({ url }) {
        throw new Error(`no rule calls a server, and one called ${url}`)
      },
    },
    secrets: {
      async read(name) {
        throw new Error(`no rule reads a secret, and one asked for ${name}`)
      },
    },
    events: () => outbox.pending(1_000_000).map(({ event }) => event),
  }
}
