import { createPublicKey, type KeyObject } from 'node:crypto'
import * as z from 'zod'
import { Uri } from '../../schemas/primitives.ts'
import { reasonOf, TrainerExit } from './exit.ts'

const Environment = z.object({ SLUICE_SPEC_URI: Uri, SLUICE_TICKET_PUBLIC_KEY: z.string().min(1) })

export type TrainerConfig = { specUri: string; publicKey: KeyObject }

/** Reads the two variables of the contract. Throws a `badInput` exit that lists every missing or unreadable one. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): TrainerConfig {
  const parsed = Environment.safeParse(env)
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `environment variable ${path.join('.')}: ${message}`)
  let publicKey: KeyObject | undefined
  try {
    publicKey = createPublicKey(env.SLUICE_TICKET_PUBLIC_KEY ?? '')
    if (publicKey.asymmetricKeyType !== 'ed25519') {
      problems.push(`SLUICE_TICKET_PUBLIC_KEY is a ${publicKey.asymmetricKeyType} key; give an Ed25519 key`)
    }
  } catch (error) {
    if (env.SLUICE_TICKET_PUBLIC_KEY)
      problems.push(`SLUICE_TICKET_PUBLIC_KEY is not an SPKI PEM key: ${reasonOf(error)}`)
  }
  if (!parsed.success || !publicKey || problems.length > 0) throw new TrainerExit('badInput', problems)
  return { specUri: parsed.data.SLUICE_SPEC_URI, publicKey }
}
