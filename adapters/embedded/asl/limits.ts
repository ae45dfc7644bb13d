import type { Json } from '../../../core/platform/ports.ts'
import { StateFailure } from './failure.ts'

/** 256 KiB of UTF-8 JSON: the quota on every payload, state output and set of assigned variables. */
export const PAYLOAD_BYTES = 262_144

/** Step Functions ends an execution at 25,000 history events; so does this interpreter, with its own count of them. */
export const HISTORY_EVENTS = 25_000

/** The value as JSON text. StateFailure States.DataLimitExceeded above 256 KiB; `what` names it in the cause. */
export function measured(value: Json, what: string): string {
  const text = JSON.stringify(value)
  if (exceeds(text)) {
    const bytes = Buffer.byteLength(text)
    throw new StateFailure(
      'States.DataLimitExceeded',
      `${what} has ${bytes} bytes, the limit is ${PAYLOAD_BYTES}: pass a reference to stored data instead.`,
    )
  }
  return text
}

/** Whether JSON text is over the payload limit. */
export function exceeds(text: string): boolean {
  if (text.length > PAYLOAD_BYTES) return true
  // A UTF-16 unit is at most three bytes of UTF-8, so that most texts need no counting.
  return text.length * 3 > PAYLOAD_BYTES && Buffer.byteLength(text) > PAYLOAD_BYTES
}
