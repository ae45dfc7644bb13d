/** Runs `work` for every item in turn, whatever becomes of the others, so that one bad item holds up no other. Throws what failed at the end. */
export async function forEvery<T>(items: AsyncIterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = []
  for await (const item of items) {
    try {
      await work(item)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} failed; the first: ${(failures[0] as Error).message}`)
}
