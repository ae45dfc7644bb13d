import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { CfnSchedule, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'

interface Tick {
  name: string
  everySeconds: number
  function: IFunction
  deadLetters: Queue
}

/** A schedule for every function that the clock starts, `sluice-STAGE-NAME` in the group `sluice-STAGE-ticks`. */
export function addTicks(scope: Construct, stage: string, ticks: readonly Tick[]): void {
  const group = new ScheduleGroup(scope, 'Ticks', { scheduleGroupName: `sluice-${stage}-ticks` })
  const role = addScheduleRole(scope, 'TickRole', group, ticks)
  for (const tick of ticks) {
    const schedule = new CfnSchedule(scope, `tick-${tick.name}`, {
      name: `sluice-${stage}-${tick.name}`,
      groupName: group.scheduleGroupName,
      scheduleExpression: rate(tick),
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: tick.function.functionArn,
        roleArn: role.roleArn,
        deadLetterConfig: { arn: tick.deadLetters.queueArn },
        // The next tick does the same work, so a late one is worth nothing.
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: tick.everySeconds },
      },
    })
    schedule.node.addDependency(role)
  }
}

/** What EventBridge Scheduler assumes for the schedules of one group: it may start these functions and bury what they did not get. */
export function addScheduleRole(
  scope: Construct,
  id: string,
  group: ScheduleGroup,
  targets: readonly Pick<Tick, 'function' | 'deadLetters'>[],
): Role {
  const ours = { 'aws:SourceAccount': Stack.of(scope).account, 'aws:SourceArn': group.scheduleGroupArn }
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: ours } }),
  })
  const functions = targets.map((target) => target.function.functionArn)
  const queues = targets.map(({ deadLetters }) => deadLetters.queueArn)
  role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: functions }))
  role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: queues }))
  return role
}

function rate({ name, everySeconds }: Tick): string {
  const minutes = everySeconds / 60
  if (!Number.isInteger(minutes) || minutes < 1)
    throw new Error(`schedule ${name} has everySeconds ${everySeconds}: EventBridge Scheduler counts whole minutes`)
  return `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`
}
