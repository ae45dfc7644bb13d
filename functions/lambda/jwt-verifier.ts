import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import * as z from 'zod'
import { Fault } from '../../core/platform/fault.ts'
import type { Clock } from '../../core/platform/ports.ts'

export interface Issuer {
  /** As in the claim `iss`; its discovery document lies at `/.well-known/openid-configuration` below it. */
  issuer: string
  audience: string
}

// API Gateway gives an authorizer 10 s at most.
const requestMs = 3000
// Symmetric ones are left out: with them anybody could sign with the public key. So is `none`.
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const Discovery = z.looseObject({ issuer: z.string(), jwks_uri: z.url() })

/** Every way in which the token is to blame; anything else is the issuer's fault or ours. */
const badToken = new Set([
  errors.JWTExpired.code,
  errors.JWTClaimValidationFailed.code,
  errors.JWTInvalid.code,
  errors.JWSInvalid.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
  errors.JWKSNoMatchingKey.code,
  errors.JWKSMultipleMatchingKeys.code,
])

/**
 * Verifies JWTs of one issuer: signature, issuer, audience, expiry. Fault `unauthenticated` for a bad token, `busy` when the issuer
 * cannot be asked.
 */
export function createJwtVerifier({ issuer, audience }: Issuer, clock: Clock): (token: string) => Promise<JWTPayload> {
  let keys: JWTVerifyGetKey | undefined
  return async (token) => {
    try {
      keys ??= createRemoteJWKSet(await discoverKeys(issuer), { timeoutDuration: requestMs })
      const requiredClaims = ['sub', 'exp']
      const options = { issuer, audience, algorithms, requiredClaims, clockTolerance: 5, currentDate: clock.now() }
      return (await jwtVerify(token, keys, options)).payload
    } catch (cause) {
      const { code, message } = cause as { code?: string; message?: string }
      if (code && badToken.has(code))
        throw new Fault('unauthenticated', `the token is not valid: ${message}`, { cause })
      throw new Fault('busy', `the issuer ${issuer} cannot be asked for its keys: ${message}`, { cause })
    }
  }
}

async function discoverKeys(issuer: string): Promise<URL> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await fetch(url, { signal: AbortSignal.timeout(requestMs), redirect: 'error' })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  const found = Discovery.parse(await response.json())
  if (found.issuer !== issuer) throw new Error(`${url} speaks for "${found.issuer}"`)
  return new URL(found.jwks_uri)
}
