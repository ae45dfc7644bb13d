import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Deployable } from '../../functions/manifest.ts'
import { bundleFamily } from '../bundle.ts'
import { environmentOf } from './environment.ts'
import { grantStatements } from './grants.ts'
import type { Wiring } from './wiring.ts'

/** A deployable of the manifest as a Lambda function: its bundle, its limits, and a role that allows its grants and nothing else. */
export class SluiceFunction extends Construct {
  readonly function: LambdaFunction

  constructor(scope: Construct, deployable: Deployable, wiring: Wiring) {
    super(scope, deployable.name)
    const { config } = wiring
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/sluice/${config.stage}/${deployable.name}`,
      retention: config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const log = new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    })
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        grants: new PolicyDocument({ statements: [log, ...grantStatements(this, deployable, wiring)] }),
      },
    })
    const { scratchGib } = deployable.grants
    const { directory, handler } = bundleFamily(deployable.family)
    this.function = new LambdaFunction(this, 'Function', {
      description: `Sluice ${config.stage}: ${deployable.name}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(directory),
      handler,
      role,
      logGroup,
      // Lambda's own START, END and REPORT of each invocation cost more than the lines that say what it did. From WARN on it still
      // tells of time-outs and crashes. A line of ours passes unchanged: it is JSON on stdout, and one without a level is INFO.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      timeout: Duration.seconds(deployable.timeoutSeconds),
      memorySize: deployable.memoryMb,
      ...(scratchGib !== undefined && { ephemeralStorageSize: Size.gibibytes(scratchGib) }),
      environment: environmentOf(this, deployable, wiring),
      // X-Ray bills every trace, and its SDK costs 80 ms of a cold start: log lines carry job and request instead.
      tracing: Tracing.DISABLED,
    })
  }
}

/** `preflight-round1` -> `PreflightRound1`, which is also its placeholder in the state machines. */
export function pascalCase(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
}
