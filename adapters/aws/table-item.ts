import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { Draft, Item, Key } from '../../core/platform/ports.ts'
import { fromAttributes, toAttributes } from './dynamo-value.ts'

export type Stored = Record<string, AttributeValue>

/** What a read asks for: everything but `event`, which is for the stream, and `token`, which is for repeats of its write. */
export const READ = ['pk', 'sk', 'gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk', 'version', 'data', 'bytes', 'expiresAt']

/** All attributes beside the keys: a replacing update removes those that it does not set. */
export const REPLACED = ['gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk', 'data', 'bytes', 'expiresAt', 'event', 'token']

/** The attributes of a draft but its version, detached from it: later changes of the draft change nothing. */
export function toStored(draft: Draft, token: string, event: BusinessEvent | undefined): Stored {
  return {
    ...keyAttributes(draft),
    ...(draft.gsi1 && indexAttributes('gsi1', draft.gsi1)),
    ...(draft.gsi2 && indexAttributes('gsi2', draft.gsi2)),
    data: { M: toAttributes(draft.data) },
    ...(draft.bytes && { bytes: { B: Uint8Array.from(draft.bytes) } }),
    ...(draft.expiresAt !== undefined && { expiresAt: { N: String(draft.expiresAt) } }),
    ...(event && { event: { M: eventAttributes(event) } }),
    token: { S: token },
  }
}

/** The item of stored attributes. Fault `corrupt` when Sluice did not write them. */
export function fromStored(stored: Stored): Item {
  const { pk, sk, version, data, bytes, expiresAt } = stored
  if (pk?.S === undefined || sk?.S === undefined || version?.N === undefined || data?.M === undefined)
    throw new Fault('corrupt', `item ${pk?.S} / ${sk?.S} lacks data or version: something else wrote it`)
  const item: Item = { pk: pk.S, sk: sk.S, data: fromAttributes(data.M), version: Number(version.N) }
  if (bytes?.B !== undefined) item.bytes = bytes.B
  const gsi1 = toKey(stored.gsi1pk, stored.gsi1sk)
  if (gsi1) item.gsi1 = gsi1
  const gsi2 = toKey(stored.gsi2pk, stored.gsi2sk)
  if (gsi2) item.gsi2 = gsi2
  if (expiresAt?.N !== undefined) item.expiresAt = Number(expiresAt.N)
  return item
}

export function keyAttributes({ pk, sk }: Key): Stored {
  return { pk: { S: pk }, sk: { S: sk } }
}

export function indexAttributes(index: 'gsi1' | 'gsi2', { pk, sk }: Key): Stored {
  return { [`${index}pk`]: { S: pk }, [`${index}sk`]: { S: sk } }
}

/** `#name` for each: many of DynamoDB's reserved words are among ours. */
export function aliases(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`#${name}`, name]))
}

// A flat map of texts: the pipe that reads the table's stream picks fields by path and passes `data` on as JSON text.
function eventAttributes({ id, type, time, subject, data }: BusinessEvent): Stored {
  return {
    id: { S: id },
    type: { S: type },
    time: { S: time },
    subject: { S: subject },
    data: { S: JSON.stringify(data) },
  }
}

function toKey(pk: AttributeValue | undefined, sk: AttributeValue | undefined): Key | undefined {
  return pk?.S === undefined || sk?.S === undefined ? undefined : { pk: pk.S, sk: sk.S }
}
