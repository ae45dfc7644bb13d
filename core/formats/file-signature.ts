import type { Breach } from '../platform/fault.ts'

interface Signature {
  /** Bytes, or text of one byte per character. */
  start: readonly number[] | string
  /** Where it stands; at the very start when absent. */
  at?: number
  what: string
  remedy: string
}

const unpack = 'Unpack it, then give the file inside; gzip and zstd may stay packed.'
const asText = 'Give the rows as JSONL, a JSON array, CSV or Parquet.'
const download = 'Download the file itself; this may be the page of a log-in or an error.'
const asUtf8 = 'Save the file as UTF-8.'
const signatures: readonly Signature[] = [
  { start: 'BZh', what: 'compressed with bzip2', remedy: unpack },
  { start: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'compressed with xz', remedy: unpack },
  { start: [0x04, 0x22, 0x4d, 0x18], what: 'compressed with lz4', remedy: unpack },
  { start: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], what: 'a 7z archive', remedy: unpack },
  { start: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive or a spreadsheet', remedy: unpack },
  { start: 'ustar', at: 257, what: 'a tar archive', remedy: unpack },
  {
    start: [0xd0, 0xcf, 0x11, 0xe0],
    what: 'a spreadsheet or document of old',
    remedy: 'Save the sheet as CSV in UTF-8.',
  },
  { start: 'ARROW1', what: 'an Arrow file', remedy: 'Save it as Parquet or JSONL.' },
  { start: '%PDF-', what: 'a PDF', remedy: asText },
  { start: [0x89, 0x50, 0x4e, 0x47], what: 'a PNG image', remedy: asText },
  { start: '<!DOCTYPE', what: 'a web page', remedy: download },
  { start: '<!doctype', what: 'a web page', remedy: download },
  { start: '<html', what: 'a web page', remedy: download },
  {
    start: 'version https://git-lfs.github.com/spec/',
    what: 'a pointer of Git LFS, not the data',
    remedy: 'Fetch the data with: git lfs pull.',
  },
  { start: [0xff, 0xfe], what: 'text in UTF-16', remedy: asUtf8 },
  { start: [0xfe, 0xff], what: 'text in UTF-16', remedy: asUtf8 },
]
const parquet = [0x50, 0x41, 0x52, 0x31]

export function isParquet(first: Uint8Array): boolean {
  return parquet.every((byte, i) => first[i] === byte)
}

/** What is known by its first bytes not to be read here, as one problem in place of one for each line. */
export function foreignFile(first: Uint8Array): Breach | undefined {
  const found = signatures.find((signature) => matches(first, signature)) ?? unmarkedUtf16(first)
  if (!found) return undefined
  return { pointer: '', code: 'foreign_format', message: `the file is ${found.what}`, remedy: found.remedy }
}

function matches(first: Uint8Array, { start, at = 0 }: Signature): boolean {
  const bytes = typeof start === 'string' ? Buffer.from(start, 'latin1') : start
  return bytes.every((byte, i) => first[at + i] === byte)
}

/** Two ASCII characters of two bytes each: no UTF-8 text begins so. */
function unmarkedUtf16([a = 1, b = 1, c = 1, d = 1]: Uint8Array): Pick<Signature, 'what' | 'remedy'> | undefined {
  const isLittle = a !== 0 && b === 0 && c !== 0 && d === 0
  const isBig = a === 0 && b !== 0 && c === 0 && d !== 0
  return isLittle || isBig ? { what: 'text in UTF-16', remedy: asUtf8 } : undefined
}
