import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { createThreadPool, type ThreadPool } from '../../adapters/system/thread-pool.ts'
import type { PreparedBatch, PrepareSetup } from '../../core/data-factory/build/prepare-batch.ts'
import { bundleFamily } from '../../infra/bundle.ts'
import { Operators } from '../../schemas/operators.ts'

let pool: ThreadPool
afterEach(() => pool.close())

const rows = [
  { prompt: 'Where is the station?', completion: 'The station is behind the old market, next to the river.' },
  { prompt: 'Où est la gare ?', completion: 'La gare se trouve derrière le vieux marché, au bord de la rivière.' },
  { prompt: 'Wo ist der Bahnhof?', completion: 'Der Bahnhof liegt hinter dem alten Marktplatz, direkt am Fluss.' },
]
const value: PrepareSetup = {
  operators: Operators.parse({ language: { allow: ['en', 'de'] }, decontaminate: false }),
  leak: {
    items: [{ suite: 's', index: 0, text: 'Wo ist der Bahnhof?' }],
    ngram: 3,
    threshold: 0.5,
    masked: true,
    drop: true,
  },
  signatures: true,
  difficulty: true,
}

describe.each(['steps', 'builder'] as const)('the worker in the bundle of %s', (family) => {
  it('prepares a batch in a thread, languages told apart with the data of the library', async () => {
    pool = createThreadPool({ entry: pathToFileURL(join(bundleFamily(family).directory, 'worker.mjs')), size: 1 })
    const bytes = new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const input = { bytes, firstNumber: 1, rows: rows.length, format: 'sft', source: 'raw@1' }
    const batch = (await pool.run({ task: 'prepare-batch', setup: { key: 'one', value }, input })) as PreparedBatch
    const dropped = new TextDecoder()
      .decode(batch.dropped)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(dropped.map(({ row, reason }) => [row, reason])).toEqual([
      [2, 'language_fr'],
      [3, expect.stringMatching(/^leak|contaminat/)],
    ])
    expect([...batch.numbers]).toEqual([1])
    expect(batch.signed).not.toBeNull()
  })

  it('refuses a task that there is not', async () => {
    pool = createThreadPool({ entry: pathToFileURL(join(bundleFamily(family).directory, 'worker.mjs')), size: 1 })
    const asked = pool.run({ task: 'nothing', setup: { key: 'one', value: null }, input: null })
    await expect(asked).rejects.toThrow('there is no task "nothing"')
  })
})
