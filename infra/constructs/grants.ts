import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { ArnFormat, Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Deployable, Grants } from '../../functions/manifest.ts'
import { blobStatements } from './blob-statements.ts'
import { terminateJobs } from './terminate-jobs.ts'
import type { Wiring } from './wiring.ts'

/**
 * The grants of the manifest as IAM statements. CDK's own `grant...` methods are not used: they allow more than the drivers call.
 * `endpoints` needs no statement: a function without a network of its own reaches the internet. `schedules` is granted where the users' schedules are made, because their role names a function.
 */
export function grantStatements(scope: Construct, deployable: Deployable, wiring: Wiring): PolicyStatement[] {
  const { table, metrics, blobs, compute = [], workflows = [], signer = [], secrets = [] } = deployable.grants
  const { data } = wiring
  return [
    ...(table ? tableStatements(data.control, table, ['gsi1', 'gsi2']) : []),
    ...(metrics ? tableStatements(data.metrics, metrics, []) : []),
    ...(blobs ? blobStatements(data.bucket, blobs) : []),
    ...compute.map((right) => computeStatement(scope, right, wiring)),
    ...(workflows.length > 0 ? workflowStatements(scope, deployable, workflows, wiring) : []),
    ...(signer.length > 0 ? [signerStatement(signer, wiring)] : []),
    ...(secrets.length > 0 ? [secretsStatement(scope, secrets, wiring)] : []),
  ]
}

function tableStatements(table: TableV2, right: 'read' | 'write', indexes: string[]): PolicyStatement[] {
  const actions = ['dynamodb:GetItem', 'dynamodb:Query']
  if (right === 'write') actions.push('dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem')
  const statements = [new PolicyStatement({ actions, resources: [table.tableArn] })]
  if (indexes.length === 0) return statements
  const resources = indexes.map((index) => `${table.tableArn}/index/${index}`)
  return [...statements, new PolicyStatement({ actions: ['dynamodb:Query'], resources })]
}

function computeStatement(scope: Construct, right: 'read' | 'terminate' | 'logs', wiring: Wiring): PolicyStatement {
  if (right === 'logs')
    return new PolicyStatement({ actions: ['logs:GetLogEvents'], resources: [wiring.compute.jobLogGroup.logGroupArn] })
  // Batch knows no resources for reading: `*` is the only form.
  if (right === 'read')
    return new PolicyStatement({
      actions: ['batch:DescribeJobs', 'batch:ListJobs', 'batch:DescribeJobDefinitions'],
      resources: ['*'],
    })
  return terminateJobs(scope)
}

// A start that finds its name taken answers with that execution, and a stop looks for the machine that has the name: both describe.
function workflowStatements(
  scope: Construct,
  { name }: Deployable,
  rights: NonNullable<Grants['workflows']>,
  { pipeline }: Wiring,
): PolicyStatement[] {
  const machines = Object.values(pipeline?.machines ?? {})
  if (machines.length === 0) throw new Error(`the function ${name} works with executions: build it where machines are`)
  const executions = machines.map((machine) => machine.executionArns(Stack.of(scope)))
  const describe = new PolicyStatement({ actions: ['states:DescribeExecution'], resources: executions })
  if (rights.includes('stop')) describe.addActions('states:StopExecution')
  if (!rights.includes('start')) return [describe]
  const resources = machines.map(({ alias }) => alias.attrArn)
  return [describe, new PolicyStatement({ actions: ['states:StartExecution'], resources })]
}

function signerStatement(rights: NonNullable<Grants['signer']>, { data }: Wiring): PolicyStatement {
  const actions = rights.map((right) => (right === 'sign' ? 'kms:Sign' : 'kms:GetPublicKey'))
  return new PolicyStatement({ actions, resources: [data.signingKey.keyArn] })
}

// Secrets Manager ends the ARN of a secret with a hyphen and six characters of its own.
function secretsStatement(scope: Construct, names: readonly string[], { config }: Wiring): PolicyStatement {
  const arn = (name: string) =>
    Stack.of(scope).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `sluice/${config.stage}/${name.endsWith('*') ? name : `${name}-??????`}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
  return new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: names.map(arn) })
}
