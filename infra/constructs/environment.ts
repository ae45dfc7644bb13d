import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { EnvironmentName } from '../../adapters/aws/environment.ts'
import type { Deployable } from '../../functions/manifest.ts'
import type { Wiring } from './wiring.ts'

type Variables = Partial<Record<EnvironmentName, string>>

/** What a function is told: its name, its stage, and where the things are that its grants allow. Nothing else. */
export function environmentOf(scope: Construct, deployable: Deployable, wiring: Wiring): Record<string, string> {
  const { config, data } = wiring
  const { table, metrics, blobs, signer, scratchGib } = deployable.grants
  const variables: Variables = {
    SLUICE_FUNCTION: deployable.name,
    SLUICE_STAGE: config.stage,
    ...(table && { SLUICE_CONTROL_TABLE: data.control.tableName }),
    ...(metrics && { SLUICE_METRICS_TABLE: data.metrics.tableName }),
    ...(blobs && {
      SLUICE_BUCKET: data.bucket.bucketName,
      SLUICE_TIMEOUT_SECONDS: String(deployable.timeoutSeconds),
    }),
    ...(scratchGib !== undefined && { SLUICE_SCRATCH: '/tmp/sluice' }),
    ...(signer && { SLUICE_SIGNING_KEY: data.signingKey.keyArn }),
    ...computeVariables(deployable, wiring),
    ...workflowVariables(scope, deployable, wiring),
    ...(deployable.family === 'authorizer' && jwtVariables(wiring)),
  }
  return variables
}

function computeVariables({ grants }: Deployable, { config, compute }: Wiring): Variables {
  if (!grants.compute) return {}
  return {
    SLUICE_JOB_QUEUES: [...compute.queueArns, compute.dataQueueArn].join(','),
    SLUICE_JOB_DEFINITION_PREFIX: compute.definitionPrefix,
    SLUICE_DISK_GIB: String(config.diskGib),
    ...(grants.compute.includes('logs') && { SLUICE_JOB_LOG_GROUP: compute.jobLogGroup.logGroupName }),
  }
}

function workflowVariables(scope: Construct, { grants }: Deployable, { pipeline }: Wiring): Variables {
  if (!grants.workflows || !pipeline) return {}
  const machines = Object.entries(pipeline.machines).map(([name, { alias }]) => [name, alias.attrArn])
  return { SLUICE_STATE_MACHINES: Stack.of(scope).toJsonString(Object.fromEntries(machines)) }
}

function jwtVariables({ config }: Wiring): Variables {
  if (!config.jwt) return {}
  return { SLUICE_JWT_ISSUER: config.jwt.issuer, SLUICE_JWT_AUDIENCE: config.jwt.audience }
}
