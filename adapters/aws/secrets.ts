import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../core/platform/fault.ts'
import type { Clock, Secrets } from '../../core/platform/ports.ts'
import { isTransient } from './transient.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
// A secret that is rotated or corrected reaches running functions this late.
const KEPT_MS = 5 * 60_000

/**
 * Secret `hf-token` of stage `dev` is `sluice/dev/hf-token` in Secrets Manager; one line break at its end is dropped, as of the
 * embedded runtime's files. Values are kept for five minutes, failures are not. Faults: `not_found` with the command that
 * creates it, `invalid` for a name, `busy`, `internal` for a missing grant or a key that does not decrypt.
 */
export function createSecrets(options: { client: SecretsManagerClientConfig; stage: string; clock: Clock }): Secrets {
  const { stage, clock } = options
  const kept = new Map<string, { secret: Promise<string>; until: number }>()
  let client: SecretsManagerClient | undefined

  function fetchSecret(id: string): Promise<string> {
    client ??= new SecretsManagerClient(options.client)
    return readSecret(client, id)
  }

  return {
    async read(name) {
      if (!NAME.test(name)) throw new Fault('invalid', `secret name ${JSON.stringify(name)} must match ${NAME.source}`)
      const now = clock.now().getTime()
      const known = kept.get(name)
      if (known && now < known.until) return known.secret
      const entry = { secret: fetchSecret(`sluice/${stage}/${name}`), until: now + KEPT_MS }
      kept.set(name, entry)
      entry.secret.catch(() => {
        if (kept.get(name) === entry) kept.delete(name)
      })
      return entry.secret
    },
  }
}

async function readSecret(client: SecretsManagerClient, id: string): Promise<string> {
  let text: string
  try {
    const { SecretString, SecretBinary } = await client.send(new GetSecretValueCommand({ SecretId: id }))
    text = SecretString ?? Buffer.from(SecretBinary ?? []).toString()
  } catch (error) {
    throw secretFault(id, error as Error)
  }
  const secret = text.replace(/\r?\n$/, '')
  if (secret) return secret
  throw new Fault(
    'not_found',
    `secret ${id} is empty in Secrets Manager: run ${commandOf('put-secret-value --secret-id', id)}`,
  )
}

function secretFault(id: string, error: Error): Fault {
  const { name, message } = error
  const options = { cause: error }
  if (name === 'ResourceNotFoundException')
    return new Fault(
      'not_found',
      `secret ${id} is not in Secrets Manager: run ${commandOf('create-secret --name', id)}`,
      options,
    )
  const what = `secret ${id}: GetSecretValue: ${name}: ${message}`
  if (isTransient(error)) return new Fault('busy', `${what}: try again`, options)
  return new Fault('internal', `${what}${remedyOf(name)}`, options)
}

function remedyOf(name: string): string {
  if (name === 'DecryptionFailure') return ': allow the function to decrypt with the KMS key of the secret'
  if (name === 'AccessDeniedException') return ': allow the function secretsmanager:GetSecretValue on it'
  // What a secret that is marked for deletion answers.
  if (name === 'InvalidRequestException') return ': if it was deleted by mistake, run aws secretsmanager restore-secret'
  return ''
}

// A file, so that the value stays out of the shell's history.
function commandOf(verb: string, id: string): string {
  return `aws secretsmanager ${verb} ${id} --secret-string file://secret.txt`
}
