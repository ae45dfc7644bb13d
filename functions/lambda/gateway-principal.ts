import { Fault } from '../../core/platform/fault.ts'
import { RestRequest } from '../../schemas/aws-events.ts'
import { Scope } from '../../schemas/operations/operation.ts'
import type { Principal } from '../api/auth.ts'

/**
 * Who API Gateway says the caller is. It has checked the signature or the JWT; the request itself proves nothing. Fault
 * `unauthenticated` when it has checked neither.
 */
export async function gatewayPrincipal(_request: Request, binding: unknown): Promise<Principal> {
  const { identity, authorizer } = requestContextOf(binding)
  // What a signer may call is decided by the IAM policies on the routes, so here they hold every scope.
  if (identity.userArn) return { id: identity.userArn, scopes: Scope.options }
  if (authorizer?.principal !== undefined)
    return { id: authorizer.principal, scopes: scopesIn(authorizer.scopes ?? '') }
  throw new Fault('unauthenticated', 'sign the request with SigV4, or send a token as: Authorization: Bearer TOKEN')
}

function requestContextOf(binding: unknown): RestRequest['requestContext'] {
  const context = RestRequest.shape.requestContext.safeParse((binding as { requestContext?: unknown }).requestContext)
  if (context.success) return context.data
  throw new Fault('internal', 'the request context of API Gateway cannot be read', { cause: context.error })
}

/** The scopes among space-separated words; others mean something to somebody else. */
export function scopesIn(words: string): Scope[] {
  return words.split(' ').flatMap((word) => Scope.safeParse(word).data ?? [])
}
