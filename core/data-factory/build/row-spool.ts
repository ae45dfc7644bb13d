import { Fault } from '../../platform/fault.ts'
import type { ScratchSpace } from '../../platform/ports.ts'
import { type CategoryName, categoryNames } from '../../text/describe-row.ts'
import { none } from './category-columns.ts'
import { describedColumns, type PreparedBatch } from './prepare-batch.ts'

/** Past this many rows what a build keeps in memory for each would not fit its share. */
export const maxRows = 10_000_000
const maxValues = 65_535

export interface SpooledRow {
  index: number
  /** The canonical line, with its newline. */
  line: Uint8Array
}

export type RowSpool = ReturnType<typeof createRowSpool>

/** Prepared rows on disk, a file for each column: what is kept in memory does not grow with the rows. */
export function createRowSpool(space: ScratchSpace) {
  const dictionaries = Object.fromEntries(categoryNames.map((name) => [name, new Map<string, number>()])) as Record<
    CategoryName,
    Map<string, number>
  >
  let rows = 0

  async function column<T extends Float32Array | Uint32Array | Int32Array | Uint16Array>(
    file: string,
    make: new (buffer: ArrayBuffer) => T,
  ): Promise<T> {
    const bytes = await space.read(file)
    return new make(bytes.slice().buffer as ArrayBuffer)
  }

  return {
    get rows() {
      return rows
    },
    dictionaries,
    async add(batch: PreparedBatch, source: number): Promise<void> {
      if (rows + batch.rows > maxRows)
        throw new Fault('too_large', `a build may keep ${maxRows} rows; give it fewer sources, or split them`)
      rows += batch.rows
      await space.append('lines', batch.lines)
      await space.append('lengths', bytesOf(batch.lengths))
      await space.append('numbers', bytesOf(batch.numbers))
      await space.append('sources', bytesOf(new Uint16Array(batch.rows).fill(source)))
      for (const [i, name] of describedColumns.entries())
        await space.append(name, bytesOf(batch.described[i] as Float32Array))
      for (const [i, values] of batch.features.entries()) await space.append(`feature-${i}`, bytesOf(values))
      for (const name of categoryNames)
        await space.append(name, bytesOf(merged(batch.categories[name], dictionaries[name], name)))
    },
    numbers: () => column('numbers', Uint32Array),
    sources: () => column('sources', Uint16Array),
    /** Bytes of each canonical line, its newline included. */
    lengths: () => column('lengths', Uint32Array),
    described: (name: (typeof describedColumns)[number]) => column(name, Float32Array),
    feature: (index: number) => column(`feature-${index}`, Float32Array),
    async featurePiece(index: number, start: number, end: number): Promise<Float32Array> {
      const bytes = await space.read(`feature-${index}`, { start: 4 * start, end: 4 * end })
      return new Float32Array(bytes.slice().buffer)
    },
    category: (name: CategoryName) => column(name, Int32Array),

    /** Every row in order. The bytes are valid until the next row. */
    async *lines(): AsyncGenerator<SpooledRow> {
      const lengths = await column('lengths', Uint32Array)
      const total = space.size('lines')
      let buffer: Uint8Array = new Uint8Array(0)
      let bufferStart = 0
      let start = 0
      for (let index = 0; index < lengths.length; index++) {
        const end = start + (lengths[index] as number)
        if (end > bufferStart + buffer.length) {
          bufferStart = start
          buffer = await space.read('lines', { start, end: Math.min(total, Math.max(end, start + readBytes)) })
        }
        yield { index, line: buffer.subarray(start - bufferStart, end - bufferStart) }
        start = end
      }
    },
  }
}

const readBytes = 4 * 1024 * 1024

/** The batch's codes as the build's. */
function merged(
  { values, codes }: PreparedBatch['categories'][CategoryName],
  known: Map<string, number>,
  name: string,
): Int32Array {
  const translation = values.map((value) => {
    const code = known.get(value) ?? known.size
    if (code === maxValues)
      throw new Fault(
        'too_large',
        `rows have more than ${maxValues} different values of "${name}"; it is meant for groups`,
      )
    known.set(value, code)
    return code
  })
  return codes.map((code) => (code === none ? none : (translation[code] as number)))
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
}
