import type { Workers } from '../../platform/ports.ts'
import type { PreparedBatch, PrepareInput, PrepareSetup } from './prepare-batch.ts'

// Enough that no thread waits for the disk, and no more than fits.
const ahead = 2

/**
 * Prepares batches on the worker threads and yields the results in the order of the batches. `key` names the setup: the same key must
 * mean the same setup.
 */
export async function* mapBatches<Tag>(
  workers: Workers,
  setup: { key: string; value: PrepareSetup },
  batches: AsyncIterable<{ input: PrepareInput; tag: Tag }>,
): AsyncGenerator<{ batch: PreparedBatch; tag: Tag }> {
  const running: { work: Promise<unknown>; tag: Tag }[] = []
  const take = async () => {
    const { work, tag } = running.shift() as (typeof running)[number]
    return { batch: (await work) as PreparedBatch, tag }
  }
  try {
    for await (const { input, tag } of batches) {
      const work = workers.run({ task: 'prepare-batch', setup, input, transfer: [input.bytes.buffer as ArrayBuffer] })
      // Whoever takes it sees the fault; until then it must not end the process.
      work.catch(() => {})
      running.push({ work, tag })
      if (running.length >= workers.size + ahead) yield await take()
    }
    while (running.length > 0) yield await take()
  } finally {
    await Promise.allSettled(running.map(({ work }) => work))
  }
}
