import { DatabaseSync } from 'node:sqlite'
import { createCompute, type EmbeddedCompute } from '../../adapters/embedded/compute.ts'
import type { ComputeOptions } from '../../adapters/embedded/compute-options.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { createIds } from '../../adapters/system/ids.ts'
import type { ComputeRecord } from '../../core/platform/ports.ts'
import { until } from './asl-until.ts'

const sh = (script: string, environment: Record<string, string> = {}) => ({
  command: ['/bin/sh', '-c', script],
  environment,
})

export const definitions: ComputeOptions['definitions'] = {
  exit: sh('echo "out $GREETING"; echo err >&2; exit "$CODE"', { GREETING: '', CODE: '0' }),
  graceful: sh('trap "exit 75" TERM; echo ready; sleep 60 & wait'),
  stubborn: sh('trap "" TERM; echo ready; sleep 60'),
  once: sh('echo started; sleep "$SECONDS"; echo finished; exit "$CODE"', { SECONDS: '0', CODE: '0' }),
  orphans: sh('sleep 61 & echo $!; exit 0'),
  sleeper: { command: ['sleep', '60'] },
  missing: { command: ['/nowhere/at-all', '--flag'] },
  builtin: { command: ['eval', 'exit 0'] },
  status: { command: ['cat', '/proc/self/status'] },
  environment: { command: ['env'], environment: { FROM: 'definition', BOTH: 'definition' } },
}

export interface ComputeFixture {
  database: DatabaseSync
  compute: EmbeddedCompute
  logs: { message: string; fields: Record<string, unknown> }[]
  ended(name: string): Promise<ComputeRecord>
  printed(name: string, line: string): Promise<void>
}

/** A compute driver on `<directory>/jobs.db`; two of them in turn on one directory are a restart. */
export function openCompute(directory: string, overrides: Partial<ComputeOptions> = {}): ComputeFixture {
  const database = overrides.database ?? new DatabaseSync(`${directory}/jobs.db`, { timeout: 2_000 })
  database.exec('pragma journal_mode = wal; pragma synchronous = normal')
  const clock = overrides.clock ?? systemClock
  const logs: ComputeFixture['logs'] = []
  const compute = createCompute({
    database,
    directory: `${directory}/jobs`,
    clock,
    ids: createIds(clock),
    definitions,
    maxConcurrentJobs: 2,
    graceSeconds: 0.3,
    log: (message, fields) => logs.push({ message, fields }),
    ...overrides,
  })
  return {
    database,
    compute,
    logs,
    ended: (name) =>
      until(`job ${name} to end`, async () => {
        const record = await compute.describe(name)
        return (record?.status === 'succeeded' || record?.status === 'failed') && record
      }),
    async printed(name, line) {
      await until(`"${line}" in the log of ${name}`, async () => (await compute.logTail(name, 50)).includes(line))
    },
  }
}
