import { writeSync } from 'node:fs'
import { openDatabase } from '../../adapters/embedded/database.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import { systemClock } from '../../adapters/system/clock.ts'

// Writes guarded versions with one event each until it is killed, and prints what was acknowledged.
const LANES = 6

const table = createTable(openDatabase(process.argv[2] ?? ''), 'control', systemClock)
await Promise.all(Array.from({ length: LANES }, (_, lane) => writeForever(`JOB#${lane}`)))

async function writeForever(pk: string): Promise<never> {
  const key = { pk, sk: 'META' }
  let version = (await table.get(key))?.version ?? 0
  for (;;) {
    const event = {
      id: `${pk}/${version + 1}`,
      type: 'job.changed.v1',
      time: '2026-11-20T10:00:00.000Z',
      subject: pk,
      data: {},
    } as const
    const data = { filling: 'x'.repeat(((version * 37) % 50) * 100) }
    const item = await table.put(
      { ...key, data, gsi1: { pk: 'ALL', sk: pk } },
      version === 0 ? 'absent' : { version },
      event,
    )
    version = item.version
    writeSync(1, `${pk} ${version}\n`)
  }
}
