import type { Row, RowFormat } from '../../schemas/rows.ts'
import type { Source } from '../formats/byte-source.ts'
import { readRows } from '../formats/read-rows.ts'

export interface ParsedRow {
  /** In the file as it came: the line of a JSONL file, or the row of any other, from 1. */
  number: number
  /** The canonical row as one line of JSON, keys in schema order. */
  json: string
  /** What `json` says. */
  row: Row
}

/**
 * Streams canonical rows out of a file of any format and layout that core/formats reads. Without `format`, the first rows decide.
 * Reads to the end before it throws, so that Fault `invalid` names every bad row (the first 100 problems, and the count).
 */
export async function* parseRows(
  source: Source,
  format: RowFormat | undefined,
  found: (format: RowFormat) => void = () => {},
): AsyncGenerator<ParsedRow> {
  const onDetected = (detected: { format: RowFormat }) => {
    if (format === undefined) found(detected.format)
  }
  for await (const rows of readRows(source, { format, onDetected }))
    for (const { number, row } of rows) yield { number, json: JSON.stringify(row), row }
}
