import { Fault } from './fault.ts'

/** Holds unfinished objects; no key may begin with it. */
export const TEMP_DIRECTORY = '.tmp'

const KEY_BYTES = 1024
const SEGMENT_BYTES = 255
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this refuses
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\\]/

/** Returns the key. Fault `invalid` unless it is a relative path that names one place under the root, on S3 and on disk. */
export function checkBlobKey(key: string): string {
  const problem = problemOf(key)
  if (problem) throw new Fault('invalid', `blob key ${JSON.stringify(key.slice(0, 200))} ${problem}`)
  return key
}

/** Returns the prefix: empty, or the beginning of a key. Fault `invalid` otherwise. */
export function checkBlobPrefix(prefix: string): string {
  const directory = directoryOf(prefix)
  if (directory !== '') checkBlobKey(directory.slice(0, -1))
  const problem = prefix === directory ? undefined : textProblem(prefix)
  if (problem) throw new Fault('invalid', `blob prefix ${JSON.stringify(prefix.slice(0, 200))} ${problem}`)
  return prefix
}

export function isBlobKey(key: string): boolean {
  return problemOf(key) === undefined
}

/** The part up to and including the last slash; empty without one. */
export function directoryOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

function problemOf(key: string): string | undefined {
  if (key === '') return 'is empty'
  if (key.startsWith('/')) return 'is absolute: start with a name'
  const segments = key.split('/')
  if (segments.includes('')) return 'has an empty segment: use single slashes and no slash at the end'
  if (segments.includes('.') || segments.includes('..')) return 'has a "." or ".." segment'
  if (segments[0] === TEMP_DIRECTORY) return `begins with ${TEMP_DIRECTORY}, which holds unfinished objects`
  return textProblem(key)
}

function textProblem(key: string): string | undefined {
  if (!key.isWellFormed()) return 'holds half of a surrogate pair'
  if (FORBIDDEN.test(key)) return 'has a control character or a backslash'
  if (bytesOf(key) > KEY_BYTES) return `is longer than ${KEY_BYTES} bytes`
  if (key.split('/').some((segment) => bytesOf(segment) > SEGMENT_BYTES))
    return `has a segment longer than ${SEGMENT_BYTES} bytes`
  return undefined
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength
}
