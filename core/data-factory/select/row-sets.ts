/** Sets of rows that have none in common as one, ascending. */
export function unionRows(sets: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(sets.reduce((total, { length }) => total + length, 0))
  let end = 0
  for (const rows of sets) {
    all.set(rows, end)
    end += rows.length
  }
  return all.sort()
}
