import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createScratch } from '../adapters/system/scratch.ts'
import { type Clusters, createClusterer } from '../core/data-factory/near-dup/cluster.ts'
import { createSigner, type SignedBatch } from '../core/data-factory/near-dup/sign.ts'
import { createDocuments } from './near-dup-documents.ts'
import { plantedRecall, trueQuality } from './near-dup-truth.ts'

const threshold = 0.85
const docs = 300_000
const smallDocs = 30_000
const length = 150
/** Few enough for an inverted index of every 5-gram. */
const checkedDocs = 10_000
const blockDocs = 512

/** Lines in a file, read in blocks, signed on two threads and clustered; the file is written before the clock starts. */
export default async function nearDup(): Promise<object> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  try {
    const small = await writeDocuments(join(directory, 'small'), 2, smallDocs)
    const large = await writeDocuments(join(directory, 'large'), 1, docs)
    const smallRun = await run(directory, small, 2)
    const before = process.cpuUsage()
    const { seconds, clusters } = await run(directory, large, 2)
    const { user, system } = process.cpuUsage(before)
    const rss_mb = Math.round(process.resourceUsage().maxRSS / 1024)
    const alone = await run(directory, large, 0)
    const planted = await plantedRecall(large, clusters, threshold)
    const checked = await writeDocuments(join(directory, 'checked'), 3, checkedDocs)
    const truth = await trueQuality(checked, (await run(directory, checked, 0)).clusters, threshold)
    return {
      docs,
      seconds,
      small_seconds: smallRun.seconds,
      // All threads together: what other work on the machine changes less than the seconds.
      cpu_seconds: Math.round((user + system) / 1e4) / 100,
      one_thread_seconds: alone.seconds,
      rss_mb,
      ...planted,
      ...truth,
      comparisons: clusters.comparisons,
      skipped: clusters.skipped,
      near_duplicates: clusters.nearDuplicates,
      exact_duplicates: clusters.exactDuplicates,
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

export interface Documents {
  path: string
  /** Byte offset of each block, and of the end. */
  blocks: number[]
  /** Copy and original. */
  planted: [number, number][]
}

async function writeDocuments(path: string, seed: number, count: number): Promise<Documents> {
  const documents = createDocuments(seed, length)
  const file = await open(path, 'w')
  const made: Documents = { path, blocks: [0], planted: [] }
  for (let at = 0; at < count; at += blockDocs) {
    const texts: string[] = []
    for (let row = at; row < Math.min(count, at + blockDocs); row++) {
      const { text, copyOf } = documents.next()
      if (copyOf !== null) made.planted.push([row, copyOf])
      texts.push(text)
    }
    const { bytesWritten } = await file.write(`${texts.join('\n')}\n`)
    made.blocks.push(made.blocks.at(-1)! + bytesWritten)
  }
  await file.close()
  return made
}

async function run(
  directory: string,
  documents: Documents,
  threads: number,
): Promise<{ seconds: number; clusters: Clusters }> {
  const workers = Array.from({ length: threads }, () => new Worker(new URL('./near-dup-worker.ts', import.meta.url)))
  await Promise.all(workers.map((worker) => once(worker, 'online')))
  const file = await open(documents.path)
  const started = performance.now()
  const space = await createScratch(directory).open()
  const clusterer = createClusterer(space, { threshold })
  const signer = createSigner()
  const decoder = new TextDecoder()
  const signing: Promise<SignedBatch>[] = []
  for (let block = 0; block < documents.blocks.length - 1; block++) {
    const bytes = await readBlock(file, documents.blocks, block)
    const worker = workers[block % threads]
    if (worker === undefined) await clusterer.add(signer.signBatch(decoder.decode(bytes).split('\n')))
    else {
      // A thread answers in order, so the block sent to it two turns ago is the one that comes first.
      if (signing.length >= 2 * threads) await clusterer.add(await signing.shift()!)
      signing.push(answer(worker, bytes))
    }
  }
  for (const signed of signing) await clusterer.add(await signed)
  const clusters = await clusterer.finish()
  await space.close()
  const seconds = Math.round(performance.now() - started) / 1000
  await file.close()
  await Promise.all(workers.map((worker) => worker.terminate()))
  return { seconds, clusters }
}

const waiting = new WeakMap<Worker, ((batch: SignedBatch) => void)[]>()

function answer(worker: Worker, bytes: Uint8Array<ArrayBuffer>): Promise<SignedBatch> {
  const known = waiting.get(worker)
  const queue = known ?? []
  if (known === undefined) {
    waiting.set(worker, queue)
    worker.on('message', (batch: SignedBatch) => queue.shift()!(batch))
  }
  worker.postMessage(bytes, [bytes.buffer])
  return new Promise((resolve) => queue.push(resolve))
}

type File = Awaited<ReturnType<typeof open>>

/** Without the last line end. */
async function readBlock(file: File, blocks: number[], block: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(blocks[block + 1]! - blocks[block]! - 1)
  await file.read(bytes, 0, bytes.length, blocks[block]!)
  return bytes
}
