import {
  AccessLogFormat,
  type CfnRestApi,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  type MethodOptions,
  ResponseTransferMode,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Config } from '../../config.ts'
import { addGatewayProblems } from './gateway-problems.ts'
import { addRoutes } from './routes.ts'

interface Parts {
  config: Pick<Config, 'stage' | 'logRetentionDays'>
  name: string
  functions: { api: IFunction; stream: IFunction }
  /** Who may come in: of the API's every method. */
  callers: MethodOptions
  cloudWatchRole: boolean
}

const logged = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  caller: '$context.identity.userArn',
  principal: '$context.authorizer.principalId',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
}

/** A regional REST API in front of the functions `api` and `stream`, with one kind of callers. It checks who calls; the functions check what. */
export function addDoor(scope: Construct, id: string, parts: Parts): RestApi {
  const { config, name, functions, callers, cloudWatchRole } = parts
  const log = new LogGroup(scope, `${id}Log`, {
    logGroupName: `/sluice/${config.stage}/${name}`,
    retention: config.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  // One permission per API: one per method would fill the functions' policies.
  const permission = { scopePermissionToMethod: false }
  const buffered = new LambdaIntegration(functions.api, { ...permission, timeout: Duration.seconds(29) })
  const streamed = new LambdaIntegration(functions.stream, {
    ...permission,
    responseTransferMode: ResponseTransferMode.STREAM,
    timeout: Duration.seconds(60),
  })
  const api = new RestApi(scope, id, {
    restApiName: name,
    endpointTypes: [EndpointType.REGIONAL],
    // Given to the API itself: with a default for the proxy alone, the root becomes a mock that anybody may call.
    defaultIntegration: buffered,
    defaultMethodOptions: callers,
    // One role for the whole region: without it API Gateway writes no access log. It stays, because other APIs may have come to need it.
    cloudWatchRole,
    ...(cloudWatchRole && { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN }),
    deployOptions: {
      stageName: config.stage,
      accessLogDestination: new LogGroupLogDestination(log),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(logged)),
      // Far above what people and CI need, far below what would make a leaked key expensive.
      throttlingRateLimit: 100,
      throttlingBurstLimit: 200,
    },
  })
  const rest = api.node.defaultChild as CfnRestApi
  rest.securityPolicy = SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09
  // A policy of this family must say it. BASIC does not compare the host of the request with that of the handshake.
  rest.endpointAccessMode = 'BASIC'
  addRoutes(api, streamed)
  addGatewayProblems(scope, id, api)
  return api
}
