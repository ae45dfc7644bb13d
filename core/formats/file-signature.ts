import type { Breach } from '../platform/fault.ts'

const unpack = 'Unpack it, then give the file inside; gzip and zstd may stay packed.'
const signatures: readonly { start: readonly number[]; what: string; remedy: string }[] = [
  { start: [0x42, 0x5a, 0x68], what: 'compressed with bzip2', remedy: unpack },
  { start: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'compressed with xz', remedy: unpack },
  { start: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive or a spreadsheet', remedy: unpack },
  { start: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], what: 'an Arrow file', remedy: 'Save it as Parquet or JSONL.' },
  { start: [0xff, 0xfe], what: 'text in UTF-16', remedy: 'Save the file as UTF-8.' },
  { start: [0xfe, 0xff], what: 'text in UTF-16', remedy: 'Save the file as UTF-8.' },
]
const parquet = [0x50, 0x41, 0x52, 0x31]

export function isParquet(first: Uint8Array): boolean {
  return parquet.every((byte, i) => first[i] === byte)
}

/** What is known by its first bytes not to be read here, as one problem in place of one for each line. */
export function foreignFile(first: Uint8Array): Breach | undefined {
  const found = signatures.find(({ start }) => start.every((byte, i) => first[i] === byte))
  if (!found) return undefined
  return { pointer: '', code: 'foreign_format', message: `the file is ${found.what}`, remedy: found.remedy }
}
