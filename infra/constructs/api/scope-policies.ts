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
          resources: routesOf(each).map(({ method, path }) =>
            api.arnForExecuteApi(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, '*'), stage),
          ),
        }),
      ],
    })
    return [each, policy] as const
  })
  return Object.fromEntries(policies) as Record<Scope, ManagedPolicy>
}

function routesOf(scope: Scope): Route[] {
  const all: Operation[] = Object.values(operations)
  const own = all.filter((each) => each.scope === scope || each.scope === undefined)
  return [...own, ...open]
}
