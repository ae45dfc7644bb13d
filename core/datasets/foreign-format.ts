import type { Breach } from '../platform/fault.ts'

const unpack = 'Unpack it, then give the JSONL or JSON file inside.'
const convert = 'Convert it to JSONL, one object per line.'
const signatures: readonly { start: readonly number[]; what: string; remedy: string }[] = [
  { start: [0x1f, 0x8b], what: 'compressed with gzip', remedy: unpack },
  { start: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed with zstd', remedy: unpack },
  { start: [0x42, 0x5a, 0x68], what: 'compressed with bzip2', remedy: unpack },
  { start: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'compressed with xz', remedy: unpack },
  { start: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive or a spreadsheet', remedy: unpack },
  { start: [0x50, 0x41, 0x52, 0x31], what: 'Parquet', remedy: convert },
  { start: [0xff, 0xfe], what: 'text in UTF-16', remedy: 'Save the file as UTF-8.' },
  { start: [0xfe, 0xff], what: 'text in UTF-16', remedy: 'Save the file as UTF-8.' },
]
/** How many bytes tell. */
export const tellingBytes = Math.max(...signatures.map(({ start }) => start.length))

/** What is known not to be JSON by its first bytes, as one problem in place of one for each line; undefined when nothing is known. */
export function foreignFormat(first: readonly number[]): Breach | undefined {
  const found = signatures.find(({ start }) => start.every((byte, i) => first[i] === byte))
  if (!found) return undefined
  return { pointer: '', code: 'foreign_format', message: `the file is ${found.what}`, remedy: found.remedy }
}
