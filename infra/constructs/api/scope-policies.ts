import type { RestApi } from 'aws-cdk-lib/aws-apigateway'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { operations } from '../../../schemas/api.ts'
import { type Operation, Scope } from '../../../schemas/operations/operation.ts'

interface Route {
  method: string
  path: string
}

// Not in the table of operations: the description of them.
const open: Route[] = [{ method: 'get', path: '/openapi.json' }]

/**
 * One managed policy per scope, `sluice-STAGE-SCOPE`: it allows exactly the routes of that scope, so a release owner gets `read` and
 * `approve`. What needs no scope is in each: behind IAM no route is open to callers whom the account does not know.
 */
export function addScopePolicies(scope: Construct, stage: string, api: RestApi): Record<Scope, ManagedPolicy> {
  const policies = Scope.options.map((each) => {
    const policy = new ManagedPolicy(scope, `Scope-${each}`, {
      managedPolicyName: `sluice-${stage}-${each}`,
      description: `Call the operations of Sluice (${stage}) that need the scope ${each}`,
      statements: [
        new PolicyStatement({
          actions: ['execute-api:Invoke'],
          resources: routesOf(each).map(({ method, path }) => api.arnForExecuteApi(method, path, stage)),
        }),
      ],
    })
    return [each, policy] as const
  })
  return Object.fromEntries(policies) as Record<Scope, ManagedPolicy>
}

/**
 * What the policy of a scope names: routes with `*` for their parameters, a collection and its members as one, but for those that
 * another one of them covers.
 */
export function routesOf(scope: Scope): Route[] {
  const all: Operation[] = Object.values(operations)
  const own = [...all.filter((each) => each.scope === scope || each.scope === undefined), ...open]
  const single = own.map(({ method, path }) => ({
    method: method.toUpperCase(),
    path: path.replaceAll(/\{\w+\}/g, '*'),
  }))
  const isOwn = (wanted: Route) => single.some(({ method, path }) => method === wanted.method && path === wanted.path)
  const routes = single.map(({ method, path }) =>
    isOwn({ method, path: `${path}/*` }) ? { method, path: `${path}*` } : { method, path },
  )
  return routes.filter(
    (route, at) => !routes.some((other, i) => covers(other, route) && (i < at || !covers(route, other))),
  )
}

// IAM's `*` takes slashes too: `/v1/jobs/*` is `/v1/jobs/*/metrics` as well. A policy has 6,144 characters.
function covers(wide: Route, narrow: Route): boolean {
  if (wide === narrow || wide.method !== narrow.method) return false
  const parts = wide.path.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(narrow.path)
}
