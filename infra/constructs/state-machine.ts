import { readFileSync } from 'node:fs'
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { CfnStateMachine, CfnStateMachineAlias, CfnStateMachineVersion } from 'aws-cdk-lib/aws-stepfunctions'
import { ArnFormat, RemovalPolicy, type Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { type MachineJobs, machineStatements } from './machine-statements.ts'
import { placeholdersOf, type Substitutions } from './substitutions.ts'
import type { Wiring } from './wiring.ts'

export interface MachineProps extends Pick<Wiring, 'config'> {
  /** Of the file `state-machines/<name>.asl.json`. */
  name: string
  /** By placeholder. */
  steps: Record<string, LambdaFunction>
  substitutions: Substitutions
  jobs: MachineJobs
}

/** A definition of `state-machines/` as a Standard workflow, started through its alias `live`. */
export class Machine extends Construct {
  readonly name: string
  readonly machine: CfnStateMachine
  readonly alias: CfnStateMachineAlias
  readonly role: Role

  constructor(scope: Construct, id: string, props: MachineProps) {
    super(scope, id)
    const { config, jobs } = props
    this.name = `sluice-${config.stage}-${props.name}`
    const definition = readFileSync(new URL(`../../state-machines/${props.name}.asl.json`, import.meta.url), 'utf8')
    const used = placeholdersOf(props.name, definition, props.substitutions)
    const steps = Object.keys(used).flatMap((placeholder) => props.steps[placeholder] ?? [])
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      inlinePolicies: { tasks: new PolicyDocument({ statements: machineStatements(this, steps, jobs) }) },
    })
    // Above 10 resource policies per account CloudWatch refuses deliveries to groups of any other name.
    const log = new LogGroup(this, 'Log', {
      logGroupName: `/aws/vendedlogs/states/${this.name}`,
      retention: config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.machine = new CfnStateMachine(this, 'Machine', {
      stateMachineName: this.name,
      stateMachineType: 'STANDARD',
      roleArn: this.role.roleArn,
      definitionString: JSON.stringify(JSON.parse(definition)),
      definitionSubstitutions: used,
      loggingConfiguration: {
        level: 'ERROR',
        // Inputs are ids that the error's own text names; causes of failed jobs may quote users' data.
        includeExecutionData: false,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: log.logGroupArn } }],
      },
      tracingConfiguration: { enabled: false },
    })
    this.alias = this.publish()
  }

  /** ARNs of its executions, for policies. */
  executionArns(stack: Stack): string {
    return stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${this.name}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
  }

  /** Every change is a new version. Old ones stay: running and redriven executions keep the definition they began with. */
  private publish(): CfnStateMachineAlias {
    const version = new CfnStateMachineVersion(this, 'Version', {
      stateMachineArn: this.machine.attrArn,
      stateMachineRevisionId: this.machine.attrStateMachineRevisionId,
    })
    version.applyRemovalPolicy(RemovalPolicy.RETAIN)
    return new CfnStateMachineAlias(this, 'Live', {
      name: 'live',
      routingConfiguration: [{ stateMachineVersionArn: version.attrArn, weight: 100 }],
    })
  }
}
