import * as z from 'zod'
import { JobId, Profile, Sha256, Timestamp } from './primitives.ts'

/** Of each round; null where it was not asked for. */
const OfRounds = z.strictObject({ round1: Sha256.nullable(), round2: Sha256.nullable() })

/** What preflight checked, by digest. Change one byte of any of it and the trainer refuses. */
export const TicketClaims = z.strictObject({
  ticket: z.literal('sluice.ticket/2'),
  job: JobId,
  profile: Profile,
  recipe: Sha256,
  base_model: Sha256,
  datasets: z
    .array(z.strictObject({ digest: Sha256, merkle_root: Sha256 }))
    .describe('every dataset version the job may read, training and evaluation, by ascending digest'),
  weights: Sha256.nullable().describe('of the reward weights as canonical JSON'),
  thresholds: Sha256.describe('of the limits of preflight as canonical JSON'),
  reports: z.strictObject({ round1: Sha256, round2: Sha256 }),
  shadow: OfRounds.describe('the results of the shadow runs'),
  scorer_receipts: OfRounds.describe('what the scorer answered when it was probed'),
  image: z.string().nullable().describe('by digest; null: a program of the machine, of code_version'),
  code_version: z.string().describe('of the Sluice that ran preflight'),
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
