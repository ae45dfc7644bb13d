import { createHash } from 'node:crypto'
import type { RowProof } from '../../schemas/dataset.ts'

/**
 * The Merkle root that a proof's row leads to (RFC 6962, 2.1.1), computed here: from the row's place, the count of rows, and the
 * siblings alone. undefined when the path is not as long as that tree is high there.
 */
export function rootOfProof({
  json,
  path,
  row,
  rows,
}: Pick<RowProof, 'json' | 'path' | 'row' | 'rows'>): string | undefined {
  const siblings = [...path]
  const root = row < rows ? rootOf(row, rows) : undefined
  return siblings.length === 0 ? root?.toString('hex') : undefined

  // The last sibling belongs to the root: the tree is gone down from there, as the definition does.
  function rootOf(index: number, leaves: number): Buffer | undefined {
    if (leaves === 1) return sha256(Buffer.of(0), Buffer.from(json))
    const sibling = siblings.pop()
    if (sibling === undefined) return undefined
    const other = Buffer.from(sibling, 'hex')
    const left = largestPowerBelow(leaves)
    if (index < left) {
      const mine = rootOf(index, left)
      return mine && sha256(Buffer.of(1), mine, other)
    }
    const mine = rootOf(index - left, leaves - left)
    return mine && sha256(Buffer.of(1), other, mine)
  }
}

function largestPowerBelow(n: number): number {
  let power = 1
  while (2 * power < n) power *= 2
  return power
}

function sha256(...parts: Buffer[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
