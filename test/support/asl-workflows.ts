import { DatabaseSync } from 'node:sqlite'
import type { Machine } from '../../adapters/embedded/asl/machine.ts'
import { createWorkflows, type EmbeddedWorkflows, type WorkflowsOptions } from '../../adapters/embedded/workflows.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import type { Compute, Json } from '../../core/platform/ports.ts'
import type { Handlers } from './asl-run.ts'
import { createSeededIds } from './seeded-ids.ts'

export interface WorkflowsFixture {
  database: DatabaseSync
  workflows: EmbeddedWorkflows
  logs: { message: string; fields: Record<string, unknown> }[]
}

/** A workflows driver; two of them in turn on one database are a restart. */
export function openWorkflows(
  machines: Machine[],
  handlers: Handlers = {},
  overrides: Partial<WorkflowsOptions> = {},
): WorkflowsFixture {
  const database = overrides.database ?? new DatabaseSync(':memory:')
  const logs: WorkflowsFixture['logs'] = []
  const workflows = createWorkflows({
    clock: systemClock,
    ids: createSeededIds(),
    machines,
    compute: {} as Compute,
    log: (message, fields) => logs.push({ message, fields }),
    async invoke(name, payload, signal): Promise<Json> {
      const handler = handlers[name]
      if (!handler) throw new Error(`no handler "${name}"`)
      return handler(payload, signal)
    },
    ...overrides,
    database,
  })
  return { database, workflows, logs }
}
