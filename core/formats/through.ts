/** What is used of a Node transform stream. */
interface Engine extends AsyncIterable<unknown> {
  write(piece: Uint8Array, done: (error?: Error | null) => void): unknown
  end(): unknown
  destroy(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Pieces above this are cut, so that one piece never becomes a queue of results. */
const pieceBytes = 64 * 1024

/** What comes out of `engine` when `source` is written to it, at the reader's speed. Throws what either throws. */
export async function* through<Out>(source: AsyncIterable<Uint8Array>, engine: unknown): AsyncGenerator<Out> {
  const stream = engine as Engine
  let failure: { error: unknown } | undefined
  let isDone = false
  let stop = () => {}
  // The reader below sees the same error; without a listener it would end the process when it comes later.
  stream.on('error', () => {})

  // An engine that is destroyed while its output waits never calls back: `stop` ends the wait.
  const write = (piece: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      stop = () => reject(new Error('the reader has gone'))
      stream.write(piece, (error) => (error ? reject(error) : resolve()))
    })
  const feed = async () => {
    for await (const piece of source)
      for (let start = 0; start < piece.length; start += pieceBytes)
        await write(piece.subarray(start, start + pieceBytes))
    stream.end()
  }

  const feeding = feed().catch((error: unknown) => {
    if (!isDone) failure ??= { error }
    stream.destroy()
  })
  try {
    for await (const out of stream) yield out as Out
  } catch (error) {
    failure ??= { error }
  } finally {
    isDone = true
    stream.destroy()
    stop()
    await feeding
  }
  if (failure) throw failure.error
}
