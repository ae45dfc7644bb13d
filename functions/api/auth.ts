import { Fault } from '../../core/platform/fault.ts'
import type { Scope } from '../../schemas/operations/operation.ts'

export interface Principal {
  id: string
  scopes: readonly Scope[]
}

/** Who sent this request? `binding` is what serves the app hands it beside the request. Throws Fault `unauthenticated`. */
export type Authenticate = (request: Request, binding: unknown) => Promise<Principal>

/** Fault `forbidden` that names the scope. */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.includes(scope)) return
  throw new Fault(
    'forbidden',
    `"${principal.id}" lacks scope "${scope}"; it has: ${principal.scopes.join(', ') || 'none'}`,
  )
}

/** The token of an `Authorization: Bearer` header. Fault `unauthenticated` when there is none. */
export function bearerToken(request: Request): string {
  const match = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')
  if (match?.[1]) return match[1]
  throw new Fault('unauthenticated', 'send the token as: Authorization: Bearer TOKEN')
}
