import type { Row, RowFormat } from '../../../schemas/rows.ts'
import type { TaggedInput } from './build-input.ts'

const batchCharacters = 512 * 1024

/** Rows that were made, as batches like those of stored ones. */
export async function* rowBatches(
  rows: Iterable<Row>,
  { format, source, bytesRead }: { format: RowFormat; source: string; bytesRead: number },
): AsyncGenerator<TaggedInput> {
  let lines: string[] = []
  let characters = 0
  let firstNumber = 1
  const batch = (): TaggedInput => {
    const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`)
    const input = { bytes, firstNumber, rows: lines.length, format, source }
    firstNumber += lines.length
    lines = []
    characters = 0
    return { input, tag: { source: 0, bytesRead } }
  }
  for (const row of rows) {
    const line = JSON.stringify(row)
    lines.push(line)
    characters += line.length
    if (characters >= batchCharacters) yield batch()
  }
  if (lines.length > 0) yield batch()
}
