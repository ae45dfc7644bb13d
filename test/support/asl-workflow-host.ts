// A process that hosts the workflows driver, runs one execution and dies at a given database write. It appends every call of a
// function to calls.jsonl, before the function answers.
import { appendFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '../../core/platform/ports.ts'
import { type CrashPoint, crashingDatabase, killSelf } from './asl-crashing-database.ts'
import { machineOf } from './asl-run.ts'
import { openWorkflows } from './asl-workflows.ts'

const { directory, crash, states } = JSON.parse(process.argv[2] ?? '{}') as {
  directory: string
  crash?: CrashPoint
  states: Record<string, object>
}
const real = new DatabaseSync(`${directory}/workflows.db`, { timeout: 2_000 })
real.exec('pragma journal_mode = wal; pragma synchronous = normal')
const database = crash ? crashingDatabase(real, crash, killSelf) : real
async function step(payload: Json): Promise<Json> {
  appendFileSync(`${directory}/calls.jsonl`, `${JSON.stringify(payload)}\n`)
  await sleep(1)
  return { done: payload }
}
const { workflows } = openWorkflows([machineOf(states)], { step }, { database })
await workflows.resume()
await workflows.start({ machine: 'test', name: 'run-1', input: { job: 'j' } })
process.stdout.write(`${JSON.stringify(await workflows.settle('run-1'))}\n`)
await workflows.close()
