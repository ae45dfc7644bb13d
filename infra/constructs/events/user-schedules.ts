import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { EnvironmentName } from '../../../adapters/aws/environment.ts'
import { addScheduleRole } from './schedules.ts'

interface Parts {
  stage: string
  /** Writes the schedules. */
  apply: LambdaFunction
  /** What every schedule starts. */
  run: LambdaFunction
  deadLetters: Queue
}

/** The group `sluice-STAGE`, which holds the schedules that users define and goes with all of them, and the right to fill it. */
export function addUserSchedules(scope: Construct, parts: Parts): { group: ScheduleGroup; role: Role } {
  const { stage, apply, run, deadLetters } = parts
  const groupName = `sluice-${stage}`
  const group = new ScheduleGroup(scope, 'Schedules', { scheduleGroupName: groupName })
  const role = addScheduleRole(scope, 'ScheduleRole', group, [{ function: run, deadLetters }])
  const schedules = Stack.of(scope).formatArn({
    service: 'scheduler',
    resource: 'schedule',
    resourceName: `${groupName}/*`,
  })
  const write = ['CreateSchedule', 'UpdateSchedule', 'DeleteSchedule']
  apply.addToRolePolicy(
    new PolicyStatement({ actions: write.map((each) => `scheduler:${each}`), resources: [schedules] }),
  )
  apply.addToRolePolicy(
    new PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    }),
  )
  const environment = {
    SLUICE_SCHEDULE_GROUP: groupName,
    SLUICE_SCHEDULE_TARGET: run.functionArn,
    SLUICE_SCHEDULE_ROLE: role.roleArn,
    SLUICE_SCHEDULE_DLQ: deadLetters.queueArn,
  } satisfies Partial<Record<EnvironmentName, string>>
  for (const [name, value] of Object.entries(environment)) apply.addEnvironment(name, value)
  return { group, role }
}
