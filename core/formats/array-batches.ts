import type { Breach } from '../platform/fault.ts'
import { type Batch, createBatcher, maxRowBytes, tooLong } from './batch.ts'

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const tab = 0x09

/**
 * A JSON array of any size cut into its elements, one line each, unparsed. An element that is too long is skipped and named, never
 * held. Where the array itself breaks, the last batch says at which byte; nothing behind it is read.
 */
export async function* arrayBatches(source: AsyncIterable<Uint8Array>): AsyncGenerator<Batch> {
  const batcher = createBatcher('row')
  const splitter = createSplitter()
  for await (const piece of source) {
    for (const event of splitter.push(piece)) {
      if (event.broken) {
        batcher.addProblem(event.broken)
        yield batcher.take()
        return
      }
      if (event.element) batcher.add(...event.element)
      else batcher.addProblem(tooLong('row', batcher.number()))
      if (batcher.isFull()) yield batcher.take()
    }
  }
  const broken = splitter.end()
  if (broken) batcher.addProblem(broken)
  if (!batcher.isEmpty()) yield batcher.take()
}

/** Neither field: an element that was too long. */
interface Event {
  element?: Uint8Array[]
  broken?: Breach
}

type Place = 'before' | 'first' | 'next' | 'after'

function createSplitter() {
  let place: Place = 'before'
  let depth = 0
  let inString = false
  let escaped = false
  let parts: Uint8Array[] = []
  let size = 0
  let isBlank = true
  let elements = 0
  let offset = 0

  const keep = (part: Uint8Array) => {
    size += part.length
    if (size <= maxRowBytes) parts.push(onOneLine(part))
    else parts = []
  }
  const finish = (): Event => {
    const event = size <= maxRowBytes ? { element: parts } : {}
    parts = []
    size = 0
    isBlank = true
    elements += 1
    return event
  }
  const broken = (at: number, what: string): Event => ({ broken: brokenAt(offset + at, elements + 1, what) })

  return {
    *push(piece: Uint8Array): Generator<Event> {
      let start = 0
      let at = 0
      while (at < piece.length) {
        if (inString) {
          at = stringEnd(piece, at)
          continue
        }
        const byte = piece[at] as number
        const isSpace = byte === 0x20 || byte === 10 || byte === 13 || byte === tab
        if (place === 'first' || place === 'next') {
          if (depth === 0 && (byte === comma || byte === 0x5d)) {
            const isEmptyArray = place === 'first' && isBlank && byte === 0x5d
            if (isBlank && !isEmptyArray)
              return yield broken(
                at,
                byte === comma ? 'a comma without an element before it' : 'a comma before the end',
              )
            if (!isEmptyArray) {
              keep(piece.subarray(start, at))
              yield finish()
            }
            start = at + 1
            place = byte === comma ? 'next' : 'after'
          } else if (byte === quote) inString = true
          else if (byte === 0x7b || byte === 0x5b) depth += 1
          else if (byte === 0x7d || byte === 0x5d) {
            depth -= 1
            if (depth < 0) return yield broken(at, 'a closing brace that nothing opened')
          }
          if (!isSpace && byte !== comma && place !== 'after') isBlank = false
        } else if (!isSpace) {
          if (place === 'after') return yield broken(at, 'more text behind the end of the array')
          place = 'first'
          start = at + 1
        }
        at += 1
      }
      if ((place === 'first' || place === 'next') && start < piece.length) keep(piece.subarray(start))
      offset += piece.length
    },
    end(): Breach | undefined {
      return place === 'after' ? undefined : brokenAt(offset, elements + 1, 'the file ends inside it')
    },
  }

  /** Just behind the string's closing quote, or the end of the piece. */
  function stringEnd(piece: Uint8Array, from: number): number {
    let at = from
    if (escaped) {
      escaped = false
      at += 1
    }
    let slash = piece.indexOf(backslash, at)
    for (;;) {
      const close = piece.indexOf(quote, at)
      while (slash !== -1 && slash < at) slash = piece.indexOf(backslash, at)
      if (slash === -1 || (close !== -1 && close < slash)) {
        if (close === -1) return piece.length
        inString = false
        return close + 1
      }
      at = slash + 2
      if (at > piece.length) {
        escaped = true
        return piece.length
      }
    }
  }
}

/** A copy, as a source may reuse its buffer. A raw newline is white space or, in a string, an error: so is a tab. */
function onOneLine(part: Uint8Array): Uint8Array {
  const copy = part.slice()
  for (let at = copy.indexOf(10); at !== -1; at = copy.indexOf(10, at + 1)) copy[at] = tab
  return copy
}

function brokenAt(byte: number, row: number, what: string): Breach {
  const message = `the JSON array breaks at byte ${byte}, in or before row ${row}: ${what}`
  const remedy = 'Save it as one JSON array, or as JSONL with one object per line.'
  return { pointer: `/rows/${row}`, code: 'bad_json', message, remedy }
}
