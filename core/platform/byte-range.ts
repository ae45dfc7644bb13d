import { Fault } from './fault.ts'

/** Bytes of an object; `end` is exclusive, to the last one when absent. */
export interface ByteRange {
  start: number
  end?: number
}

/** Fault `invalid` unless 0 <= start <= end, both whole numbers. */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return
  const { start, end = start } = range
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end) return
  throw new Fault(
    'invalid',
    `byte range ${start} to ${range.end ?? 'the end'} must be whole numbers, 0 <= start <= end`,
  )
}
