import { digestJson } from './digest.ts'
import { Fault } from './fault.ts'
import { putOnce } from './guarded-write.ts'
import type { JsonObject, Platform } from './ports.ts'

export interface Caller {
  /** Who asks; keys of different principals never meet. */
  principal: string
  idempotencyKey?: string
}

const keptSeconds = 7 * 86_400

/**
 * Binds the caller's key to this request and keeps `note` beside it; returns the note of the first such request, so that a repeat
 * can find what that one made. Fault `idempotency_mismatch` when the key was used for another request.
 */
export async function claimKey<Note extends JsonObject>(
  platform: Pick<Platform, 'table' | 'clock'>,
  caller: Caller,
  request: unknown,
  note: Note,
): Promise<Note> {
  if (caller.idempotencyKey === undefined) return note
  const requestDigest = digestJson(request)
  const { item } = await putOnce(platform.table, {
    pk: `IDEM#${caller.principal}`,
    sk: caller.idempotencyKey,
    data: { request: requestDigest, note },
    expiresAt: Math.floor(platform.clock.now().getTime() / 1000) + keptSeconds,
  })
  if (item.data.request === requestDigest) return item.data.note as Note
  throw new Fault(
    'idempotency_mismatch',
    `Idempotency-Key "${caller.idempotencyKey}" was used for another request; use a new key for a new request`,
  )
}
