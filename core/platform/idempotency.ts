import { digestJson } from './digest.ts'
import { Fault } from './fault.ts'
import { putOnce } from './guarded-write.ts'
import type { Platform } from './ports.ts'

export interface Caller {
  /** Who asks; keys of different principals never meet. */
  principal: string
  idempotencyKey?: string
}

const keptSeconds = 7 * 86_400

/**
 * Binds the caller's key to this request. Creating use cases derive their ids from key or content, so that a repeat recomputes
 * the same resource; all that is left to refuse is the same key with another request (Fault `idempotency_mismatch`).
 */
export async function claimKey(
  platform: Pick<Platform, 'table' | 'clock'>,
  caller: Caller,
  request: unknown,
): Promise<void> {
  if (caller.idempotencyKey === undefined) return
  const requestDigest = digestJson(request)
  const { item } = await putOnce(platform.table, {
    pk: `IDEM#${caller.principal}#${caller.idempotencyKey}`,
    sk: '-',
    data: { request: requestDigest },
    expiresAt: Math.floor(platform.clock.now().getTime() / 1000) + keptSeconds,
  })
  if (item.data.request === requestDigest) return
  throw new Fault(
    'idempotency_mismatch',
    `Idempotency-Key "${caller.idempotencyKey}" was used for another request; use a new key for a new request`,
  )
}
