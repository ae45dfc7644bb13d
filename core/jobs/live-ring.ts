import { covers, type Position } from './live-position.ts'

/** What a feed keeps of an event, for all its viewers together. */
export interface Entry<Frame> {
  frame: Frame
  position: Position
}

/** The newest events of a feed, numbered as they came; the oldest are thrown away while they are more than `maxBytes`. */
export function createRing<Frame extends { size: number }>(start: Position, maxBytes: number) {
  const entries = new Map<number, Entry<Frame>>()
  let first = 0
  let next = 0
  let bytes = 0
  let before = start

  function drop({ frame, position }: Entry<Frame>): void {
    entries.delete(first)
    first += 1
    bytes -= frame.size
    before = position
  }

  return {
    /** The number of the oldest event that is kept; the next one's when none is. */
    first: () => first,
    /** Up to where a viewer has seen the job who is to get the oldest kept event next. */
    before: () => before,
    newest: () => entries.get(next - 1)?.position ?? before,
    bytes: () => bytes,
    get: (number: number) => entries.get(number),
    push(entry: Entry<Frame>): void {
      entries.set(next, entry)
      next += 1
      bytes += entry.frame.size
      for (const oldest of entries.values()) {
        if (bytes <= maxBytes || entries.size === 1) return
        drop(oldest)
      }
    },
    /** The number of the event behind a position; undefined when the ring begins later. */
    behind(position: Position): number | undefined {
      for (let number = next - 1; number >= first; number--)
        if (covers(position, (entries.get(number) as Entry<Frame>).position)) return number + 1
      return covers(position, before) ? first : undefined
    },
  }
}
