import { hash } from 'node:crypto'

const space = 0x20
/** What `\s` matches in ASCII: tab to carriage return, and the space. */
const isSpace = (code: number) => code === space || (code >= 9 && code <= 13)

/** A text as exact duplicates compare it: NFKC, lower case, white space runs as one space, trimmed. */
export function normalizeText(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}

/** The UTF-8 bytes of `normalizeText`, valid until the next call, and whether the text was ASCII. */
export function createNormalizer(): (text: string) => { bytes: Uint8Array; ascii: boolean } {
  const encoder = new TextEncoder()
  let bytes = new Uint8Array(4_096)
  return (text) => {
    if (bytes.length < text.length) bytes = new Uint8Array(text.length * 2)
    const length = normalizeAscii(text, bytes)
    if (length < 0) return { bytes: encoder.encode(normalizeText(text)), ascii: false }
    return { bytes: bytes.subarray(0, length), ascii: true }
  }
}

/** The first 16 bytes of the SHA-256 of normalised bytes. */
export function exactKey(normalized: Uint8Array): Uint8Array {
  return hash('sha256', normalized, 'buffer').subarray(0, 16)
}

/** The length written, or -1 at a character beyond ASCII. */
function normalizeAscii(text: string, into: Uint8Array): number {
  let length = 0
  let pending = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) return -1
    if (isSpace(code)) {
      pending = length > 0
      continue
    }
    if (pending) into[length++] = space
    pending = false
    into[length++] = code >= 0x41 && code <= 0x5a ? code | 0x20 : code
  }
  return length
}
