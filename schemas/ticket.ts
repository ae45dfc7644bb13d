import * as z from 'zod'
import { JobId, Profile, Sha256, Timestamp } from './primitives.ts'

/** What preflight checked, by digest. Change one byte of any of it and the trainer refuses. */
export const TicketClaims = z.strictObject({
  ticket: z.literal('sluice.ticket/1'),
  job: JobId,
  profile: Profile,
  recipe: Sha256,
  base_model: Sha256,
  datasets: z.array(Sha256).describe('every dataset version the job may read, training and evaluation'),
  reports: z.strictObject({ round1: Sha256, round2: Sha256 }),
  issued_at: Timestamp,
  expires_at: Timestamp,
})

/** The signature is Ed25519 over the UTF-8 bytes of `payload`, which is the claims as JSON text: no canonical form needed. */
export const Ticket = z.strictObject({
  payload: z.string(),
  key_id: z.string(),
  signature: z.base64(),
})
export type TicketClaims = z.infer<typeof TicketClaims>
export type Ticket = z.infer<typeof Ticket>
