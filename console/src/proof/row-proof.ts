import type { DatasetRow, DatasetVersion, RowProof } from '../../../schemas/dataset.ts'
import { fromHex, noCryptoBecause, sha256, toHex } from './webcrypto.ts'

export type Verdict = { ok: boolean | null; text: string }

/**
 * Whether a proof shows that the row on the page is one of the version on the page. Neither is taken from the proof itself. `ok` is
 * null where this browser cannot tell.
 */
export async function judgeRowProof(
  proof: Pick<RowProof, 'json' | 'path'>,
  row: Pick<DatasetRow, 'row' | 'json' | 'cut'>,
  version: Pick<DatasetVersion, 'merkle_root' | 'rows'>,
): Promise<Verdict> {
  const because = noCryptoBecause()
  if (because) return { ok: null, text: `Not checked: ${because}` }
  if (row.cut ? !proof.json.startsWith(row.json) : proof.json !== row.json)
    return { ok: false, text: `The proof is of another text than row ${row.row} on this page.` }
  const root = await rootOf(new TextEncoder().encode(proof.json), row.row, version.rows, proof.path)
  const way = `SHA-256 of the row and ${proof.path.length} siblings`
  return root === version.merkle_root
    ? { ok: true, text: `Row ${row.row} is one of the ${version.rows}: ${way} lead to the Merkle root.` }
    : { ok: false, text: `Row ${row.row} is not proven: ${way} lead to ${root ?? 'no root'}, not to the Merkle root.` }
}

/** The root that leaf `index` of `leaves` and its siblings lead to; undefined where they lead nowhere (RFC 9162, 2.1.3.2). */
export async function rootOf(
  leaf: Uint8Array,
  index: number,
  leaves: number,
  path: readonly string[],
): Promise<string | undefined> {
  if (!(index >= 0 && index < leaves)) return undefined
  let [position, last] = [index, leaves - 1]
  let digest: Uint8Array = await hashOf(0, leaf)
  for (const hex of path) {
    if (last === 0 || !/^[0-9a-f]{64}$/.test(hex)) return undefined
    const sibling = fromHex(hex)
    const isRight = position % 2 === 1 || position === last
    digest = isRight ? await hashOf(1, sibling, digest) : await hashOf(1, digest, sibling)
    // A last node without a neighbour goes up as it is.
    while (isRight && position % 2 === 0 && position > 0) [position, last] = parents(position, last)
    ;[position, last] = parents(position, last)
  }
  return last === 0 ? toHex(digest) : undefined
}

const parents = (position: number, last: number): [number, number] => [Math.floor(position / 2), Math.floor(last / 2)]

function hashOf(prefix: 0 | 1, first: Uint8Array, second: Uint8Array = new Uint8Array()): Promise<Uint8Array> {
  const bytes = new Uint8Array(1 + first.length + second.length)
  bytes[0] = prefix
  bytes.set(first, 1)
  bytes.set(second, 1 + first.length)
  return sha256(bytes)
}
