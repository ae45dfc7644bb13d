import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openDatabase } from '../../adapters/embedded/database.ts'
import { createOutbox } from '../../adapters/embedded/outbox.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { tempDir } from '../support/temp-dir.ts'

const WRITER = join(import.meta.dirname, 'table-crash-writer.ts')
const ROUNDS = 8

it('has every acknowledged write and its event exactly once after kill -9 at any moment', async () => {
  const path = join(tempDir(), 'control.db')
  const acknowledged = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    await writeUntilKilled(path, Math.random() * 60, acknowledged)
    await expectWhole(path, acknowledged)
  }
  expect(acknowledged.size).toBe(6)
}, 60_000)

function writeUntilKilled(path: string, afterMs: number, acknowledged: Map<string, number>): Promise<void> {
  const writer = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WRITER, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output === '') setTimeout(() => writer.kill('SIGKILL'), afterMs)
    output += text
  })
  return new Promise((resolve, reject) => {
    writer.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`the writer ended by itself: ${output}`))
      for (const line of output.split('\n').slice(0, -1)) {
        const [pk = '', version] = line.split(' ')
        acknowledged.set(pk, Number(version))
      }
      resolve()
    })
  })
}

async function expectWhole(path: string, acknowledged: Map<string, number>): Promise<void> {
  const database = openDatabase(path)
  const table = createTable(database, 'control', systemClock)
  const events = createOutbox(database, systemClock).pending(1_000_000)
  for (const [pk, version] of acknowledged) {
    const stored = (await table.get({ pk, sk: 'META' }))?.version ?? 0
    expect(stored).toBeGreaterThanOrEqual(version)
    const ids = events.filter((entry) => entry.event.subject === pk).map((entry) => entry.event.id)
    expect(ids).toEqual(Array.from({ length: stored }, (_, n) => `${pk}/${n + 1}`))
  }
  const indexed = await table.query({ pk: 'ALL', index: 'gsi1' })
  expect(indexed.items.map((item) => item.pk)).toEqual([...acknowledged.keys()].sort())
  expect(database.handle.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  database.close()
}
