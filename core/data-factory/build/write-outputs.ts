import { createHash } from 'node:crypto'
import type { DroppedRow } from '../../../schemas/build.ts'
import type { OperatorReport } from '../../../schemas/operator-report.ts'
import type { RowFormat } from '../../../schemas/rows.ts'
import { shortened } from '../../datasets/dataset-report.ts'
import { createMerkleTree } from '../../datasets/merkle.ts'
import type { VersionFiles } from '../../datasets/store-version.ts'
import { Fault } from '../../platform/fault.ts'
import type { ScratchSpace } from '../../platform/ports.ts'
import { countDrop, type OperatorTotals } from './operator-totals.ts'
import { partReport } from './part-report.ts'
import type { RowSpool } from './row-spool.ts'
import type { Selection } from './select-rows.ts'

export interface MeasuredPart {
  digest: string
  merkle_root: string
  rows: number
  bytes: number
  samples: string[]
}

const maxSamples = 5
const maxSample = 1000
const pieceBytes = 1024 * 1024

/**
 * One pass over the prepared rows: digest and Merkle root of each part, and every row that the selection left out, whole, behind those
 * that the row operators left out. `sourceOf` names the source of a row.
 */
export async function measureParts(
  space: ScratchSpace,
  spool: RowSpool,
  selection: Selection,
  sourceNames: readonly string[],
): Promise<MeasuredPart[]> {
  const [numbers, sources] = [await spool.numbers(), await spool.sources()]
  const parts = selection.parts.map(() => ({
    hash: createHash('sha256'),
    tree: createMerkleTree(),
    rows: 0,
    bytes: 0,
    samples: [] as string[],
  }))
  let held: string[] = []

  for await (const { index, line } of spool.lines()) {
    const part = parts[(selection.partOf[index] as number) - 1]
    const bare = line.subarray(0, line.length - 1)
    if (part) {
      part.hash.update(line)
      part.tree.add(bare)
      part.rows += 1
      part.bytes += line.length
      if (part.samples.length < maxSamples) part.samples.push(shortened(new TextDecoder().decode(bare), maxSample))
      continue
    }
    const { totals, reason, detail } = selection.whyLeftOut(index)
    const json = new TextDecoder().decode(bare)
    const place = {
      source: sourceNames[sources[index] as number] ?? '',
      row: numbers[index] as number,
      reason,
      ...(detail !== undefined && { detail }),
    }
    countDrop(totals as OperatorTotals, { ...place, text: json })
    const dropped: DroppedRow = { ...place, operator: totals.operator, json }
    held.push(JSON.stringify(dropped), '\n')
    if (held.length >= 2000) {
      await space.append('dropped', Buffer.from(held.join('')))
      held = []
    }
  }
  if (held.length > 0) await space.append('dropped', Buffer.from(held.join('')))
  return parts.map(({ hash, tree, ...facts }) => ({ ...facts, digest: hash.digest('hex'), merkle_root: tree.root() }))
}

/** What is stored of a part. Fault `invalid` when no row is left. */
export async function partFiles(
  spool: RowSpool,
  selection: Selection,
  part: number,
  measured: MeasuredPart,
  named: { name: string; format: RowFormat; operators: OperatorReport[] },
): Promise<VersionFiles> {
  const { samples, ...files } = measured
  if (files.rows === 0)
    throw new Fault(
      'invalid',
      `no row is left for dataset "${named.name}": ${named.operators.map(({ operator, rows_in, rows_out }) => `${operator} ${rows_in} -> ${rows_out}`).join(', ')}; loosen the operator that took the last ones`,
    )
  return {
    name: named.name,
    format: named.format,
    ...files,
    report: await partReport(spool, selection, part, { rows: files.rows, samples, operators: named.operators }),
    content: () => contentOf(spool, selection, part),
  }
}

async function* contentOf(spool: RowSpool, { partOf }: Selection, part: number): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(pieceBytes)
  let held = 0
  for await (const { index, line } of spool.lines()) {
    if (partOf[index] !== part + 1) continue
    if (held + line.length > piece.length) {
      if (held > 0) yield piece.subarray(0, held)
      piece = new Uint8Array(Math.max(pieceBytes, line.length))
      held = 0
    }
    piece.set(line, held)
    held += line.length
  }
  if (held > 0) yield piece.subarray(0, held)
}
