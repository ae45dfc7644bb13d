import { AuthorizationType, type RestApi, TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { type App, CfnOutput, Duration, Stack } from 'aws-cdk-lib/core'
import { manifest } from '../../functions/manifest.ts'
import type { Config } from '../config.ts'
import { addDoor } from '../constructs/api/door.ts'
import { addScopePolicies } from '../constructs/api/scope-policies.ts'
import { SluiceFunction } from '../constructs/function.ts'
import type { ComputeStack } from './compute-stack.ts'
import type { DataStack } from './data-stack.ts'
import type { PipelineStack } from './pipeline-stack.ts'

interface Stacks {
  data: DataStack
  compute: ComputeStack
  pipeline: PipelineStack
}

/** The HTTP API: one door for callers whom IAM knows and, when the config has `jwt`, one for people with a token. */
export class ApiStack extends Stack {
  readonly functions: { api: LambdaFunction; stream: LambdaFunction; authorize?: LambdaFunction }
  readonly api: RestApi
  readonly jwtApi?: RestApi

  constructor(app: App, id: string, config: Config, stacks: Stacks) {
    super(app, id, { ...(config.region && { env: { region: config.region } }) })
    const add = (name: string) => this.add(name, config, stacks)
    const functions = { api: add('api'), stream: add('stream') }
    this.functions = functions
    const name = `sluice-${config.stage}`
    const iam = { authorizationType: AuthorizationType.IAM }
    this.api = addDoor(this, 'IamDoor', { config, name, functions, callers: iam, cloudWatchRole: true })
    new CfnOutput(this, 'ApiUrl', { value: this.api.url })
    for (const [scope, policy] of Object.entries(addScopePolicies(this, config.stage, this.api)))
      new CfnOutput(this, `PolicyArn${scope}`, { value: policy.managedPolicyArn })
    if (!config.jwt) return

    const authorize = add('authorize')
    this.functions = { ...functions, authorize }
    const authorizer = new TokenAuthorizer(this, 'Authorizer', {
      handler: authorize,
      // What cannot be a JWT is refused without starting the function.
      validationRegex: '^[Bb]earer +[-_A-Za-z0-9]+\\.[-_A-Za-z0-9]+\\.[-_A-Za-z0-9]+$',
      // Kept by token, for every route: the function's answer must not be about the one route that was asked for.
      resultsCacheTtl: Duration.minutes(5),
    })
    const people = { authorizationType: AuthorizationType.CUSTOM, authorizer }
    const jwt = { config, name: `${name}-jwt`, functions, callers: people, cloudWatchRole: false }
    this.jwtApi = addDoor(this, 'JwtDoor', jwt)
    // The role for logs is one setting of the region, which the first door makes.
    this.jwtApi.deploymentStage.node.addDependency(this.api.deploymentStage)
    new CfnOutput(this, 'JwtApiUrl', { value: this.jwtApi.url })
  }

  private add(name: string, config: Config, { data, compute }: Stacks): LambdaFunction {
    const deployable = manifest.find((each) => each.name === name)
    if (!deployable) throw new Error(`functions/manifest.ts has no ${name}`)
    return new SluiceFunction(this, deployable, { config, data, compute }).function
  }
}
