/** The bytes in pieces, cut at these offsets; an empty piece where two cuts meet. */
export async function* chunked(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const at = [0, ...cuts.filter((cut) => cut <= bytes.length), bytes.length].sort((a, b) => a - b)
  for (let i = 1; i < at.length; i++) yield bytes.subarray(at[i - 1], at[i])
}

export async function linesOf<T>(source: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(source)
}
