import { randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { createPrivateFile, readPrivateFile } from '../adapters/embedded/private-file.ts'
import { Fault } from '../core/platform/fault.ts'
import { type Authenticate, bearerToken } from '../functions/api/auth.ts'

/** The content of a generated secret file (mode 0600); made on first use. */
export async function generatedSecret(directory: string, name: string): Promise<string> {
  const path = join(directory, name)
  await createPrivateFile(path, `${randomBytes(32).toString('base64url')}\n`)
  const text = await readPrivateFile(path)
  if (text?.trim()) return text.trim()
  throw new Fault('corrupt', `${path} is empty; remove it and start again`)
}

/** The embedded server's only principal: whoever may read the token file. */
export function tokenAuthentication(token: string): Authenticate {
  const expected = Buffer.from(token)
  return async (request) => {
    const given = Buffer.from(bearerToken(request))
    if (given.length === expected.length && timingSafeEqual(given, expected))
      return { id: 'local', scopes: ['read', 'submit', 'approve', 'admin'] }
    throw new Fault('unauthenticated', 'the token is not the one in the data directory (file token); read it again')
  }
}
