/** Union-find over rows; the root of a set is its smallest row. */
export interface DisjointSets {
  find(row: number): number
  /** False when both were in one set already. */
  join(a: number, b: number): boolean
  /** The smallest row of each row's set. The sets are of no use after. */
  roots(): Uint32Array
}

/** `rows` sets of one row, 4 bytes a row. */
export function createDisjointSets(rows: number): DisjointSets {
  const parent = new Uint32Array(rows)
  for (let row = 0; row < rows; row++) parent[row] = row

  function find(row: number): number {
    let at = row
    let above = parent[at]!
    while (above !== at) {
      const next = parent[above]!
      parent[at] = next
      at = next
      above = parent[at]!
    }
    return at
  }

  return {
    find,
    join(a, b) {
      const one = find(a)
      const other = find(b)
      if (one === other) return false
      if (one < other) parent[other] = one
      else parent[one] = other
      return true
    },
    roots() {
      // A parent is never above its child, so one pass in order reaches every root.
      for (let row = 0; row < rows; row++) parent[row] = parent[parent[row]!]!
      return parent
    },
  }
}
