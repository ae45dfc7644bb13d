import type { JWTPayload } from 'jose'
import { Fault, isFault } from '../../core/platform/fault.ts'
import type { Clock } from '../../core/platform/ports.ts'
import { AuthorizerRequest } from '../../schemas/aws-events.ts'
import { scopesIn } from './gateway-principal.ts'
import { createInvoker, type Entry, type LambdaContext } from './invocation.ts'
import { createJwtVerifier, type Issuer } from './jwt-verifier.ts'
import { faultMetric } from './metrics.ts'
import { parseEvent } from './parse-event.ts'

/** What API Gateway enforces, and what it hands to the function behind. */
export interface Authorization {
  principalId: string
  policyDocument: object
  context: { principal: string; scopes: string }
}

/**
 * Checks the caller's JWT for a REST API. Throws an Error `Unauthorized`, which API Gateway answers with 401, for a bad token or
 * none; anything else that it throws becomes a 500.
 */
export function createAuthorizer(entry: Omit<Entry, 'platform'> & { platform: { clock: Clock } }, issuer: Issuer) {
  const invoke = createInvoker(entry)
  const verify = createJwtVerifier(issuer, entry.platform.clock)

  return async (event: unknown, context: LambdaContext): Promise<Authorization> => {
    const authorization = await invoke(context, async ({ note, count }) => {
      const request = parseEvent(AuthorizerRequest, event, 'event of an authorizer')
      try {
        return authorize(request, await verify(tokenOf(request)))
      } catch (error) {
        if (!isFault(error, 'unauthenticated')) throw error
        note({ refused: error.message })
        count(faultMetric(error))
        return undefined
      }
    })
    if (authorization) return authorization
    throw new Error('Unauthorized')
  }
}

function tokenOf(request: AuthorizerRequest): string {
  const header =
    request.type === 'TOKEN'
      ? request.authorizationToken
      : Object.entries(request.headers ?? {}).find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  const match = /^Bearer +(\S+)$/i.exec(header ?? '')
  if (match?.[1]) return match[1]
  throw new Fault('unauthenticated', 'there is no token: it goes into Authorization: Bearer TOKEN')
}

function authorize({ methodArn }: AuthorizerRequest, claims: JWTPayload): Authorization {
  const principal = String(claims.sub)
  // API Gateway caches the answer by token, whatever the route, so it must hold for every route; the API checks scopes itself.
  const everyRoute = `${methodArn.split('/').slice(0, 2).join('/')}/*`
  return {
    principalId: principal,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: everyRoute }],
    },
    context: { principal, scopes: scopesIn(scopeWords(claims)).join(' ') },
  }
}

/** Issuers write scopes as one text in `scope`, or in `scp` as a text or a list; a resource server's name may stand before each. */
function scopeWords({ scope, scp }: JWTPayload): string {
  const words = [scope, scp].flat().filter((each) => typeof each === 'string')
  return words.join(' ').replaceAll(/(^| )sluice\//g, '$1')
}
