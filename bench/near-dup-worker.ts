import { parentPort } from 'node:worker_threads'
import { createSigner } from '../core/data-factory/near-dup/sign.ts'

const signer = createSigner()
const decoder = new TextDecoder()

/** Signs the lines of a block of text and hands the buffers back without copying. */
parentPort!.on('message', (block: Uint8Array) => {
  const batch = signer.signBatch(decoder.decode(block).split('\n'))
  const { exact, bands, shingles, shingleEnds } = batch
  parentPort!.postMessage(batch, [exact.buffer, bands.buffer, shingles.buffer, shingleEnds.buffer] as ArrayBuffer[])
})
