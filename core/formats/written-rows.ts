import { placed } from './batch.ts'
import type { Source } from './byte-source.ts'
import type { Detected } from './detect-layout.ts'
import type { Fields } from './layouts/layout.ts'
import type { LayoutName } from './layouts/layout-names.ts'
import { layoutOf } from './layouts/layouts.ts'
import type { NumberedRow } from './parse-batch.ts'
import { createTally, type ReadOptions, readRows } from './read-rows.ts'
import type { OpenedAs } from './to-lines.ts'

export interface WriteOptions extends ReadOptions {
  to: LayoutName
  /** Told of what reads back otherwise, with the number of rows, at the end. */
  onNotes?: ((notes: ReadonlyMap<string, number>) => void) | undefined
  /** Told after each batch how many rows can be written so far. */
  onRows?: ((rows: number) => void) | undefined
}

export interface WrittenRow {
  value: Fields
  problem(what: string, remedy: string): void
}

/**
 * The rows of a file in the layout `to`. Whoever cannot write a value in its container says so by `problem`. Reads to the end before it
 * throws Fault `invalid` with every row that cannot be read or written.
 */
export async function* writtenRows(source: Source, options: WriteOptions): AsyncGenerator<WrittenRow[]> {
  const tally = createTally()
  const notes = new Map<string, number>()
  let count = 0
  let opened: OpenedAs | undefined
  let detected: Detected | undefined
  const read = readRows(source, {
    ...options,
    onOpened(found) {
      opened = found
      options.onOpened?.(found)
    },
    onDetected(found) {
      detected = found
      options.onDetected?.(found)
    },
  })
  for await (const rows of read) {
    const unit = opened?.container === 'jsonl' ? 'line' : 'row'
    const refuse = ({ number }: NumberedRow, found: Parameters<typeof placed>[2][]) =>
      tally.add(
        0,
        1,
        found.map((each) => placed(unit, number, each)),
      )
    const layout = layoutOf(options.to, (detected as Detected).format)
    const values: WrittenRow[] = []
    for (const each of rows) {
      const written = layout.write(each.row)
      if ('problems' in written) {
        refuse(each, written.problems)
        continue
      }
      if (written.note) notes.set(written.note, (notes.get(written.note) ?? 0) + 1)
      tally.add(1, 0, [])
      values.push({
        value: written.value,
        problem: (message, remedy) => refuse(each, [{ pointer: '', code: 'not_expressible', message, remedy }]),
      })
    }
    count += values.length
    options.onRows?.(count)
    yield values
  }
  options.onNotes?.(notes)
  tally.finish()
}
