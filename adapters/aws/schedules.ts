import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { Fault } from '../../core/platform/fault.ts'
import type { Schedules, Timer } from '../../core/platform/ports.ts'
import { awsCron } from './schedule-expression.ts'
import { isTransient } from './transient.ts'

export interface SchedulesConfig {
  scheduler: SchedulerClient
  group: string
  /** ARN of the function run-schedule. */
  targetArn: string
  /** ARN of what EventBridge Scheduler assumes to invoke it. */
  roleArn: string
  /** ARN of the queue of ticks that could not be delivered. */
  dlqArn: string
}

// Enough for a timer that others create and delete meanwhile.
const rounds = 4

/**
 * Timers as schedules of EventBridge Scheduler, all in one group. Fault `busy` when AWS throttles, is changing the same timer or
 * cannot be reached, `invalid` when it refuses the timing, else `internal`.
 */
export function createSchedules(config: SchedulesConfig): Schedules {
  const { scheduler, group } = config

  return {
    async put(timer) {
      const input = inputOf(timer, config)
      for (let round = 0; round < rounds; round++) {
        const update = () => scheduler.send(new UpdateScheduleCommand(input))
        if (await done(timer.name, update, 'ResourceNotFoundException')) return
        const create = () => scheduler.send(new CreateScheduleCommand(input))
        if (await done(timer.name, create, 'ConflictException')) return
      }
      throw new Fault('busy', `timer "${timer.name}" was created and deleted by others meanwhile; try again`)
    },
    async delete(name) {
      const call = () => scheduler.send(new DeleteScheduleCommand({ Name: name, GroupName: group }))
      await done(name, call, 'ResourceNotFoundException')
    },
  }
}

function inputOf({ name, cron, timezone }: Timer, config: SchedulesConfig): CreateScheduleCommandInput {
  return {
    Name: name,
    GroupName: config.group,
    ScheduleExpression: awsCron(cron),
    ScheduleExpressionTimezone: timezone,
    FlexibleTimeWindow: { Mode: 'OFF' },
    State: 'ENABLED',
    Target: {
      Arn: config.targetArn,
      RoleArn: config.roleArn,
      // The service puts the moment in the place of <aws.scheduler.scheduled-time>.
      Input: JSON.stringify({ schedule: name, scheduled_at: '<aws.scheduler.scheduled-time>' }),
      RetryPolicy: { MaximumRetryAttempts: 20, MaximumEventAgeInSeconds: 6 * 3600 },
      DeadLetterConfig: { Arn: config.dlqArn },
    },
  }
}

/** Whether the call was made; false when it was answered with the error that is expected. */
async function done(timer: string, call: () => Promise<unknown>, expected: string): Promise<boolean> {
  try {
    await call()
    return true
  } catch (cause) {
    const { name, message } = cause as Error
    if (name === expected) return false
    const what = `EventBridge Scheduler did not serve timer "${timer}" (${name}: ${message})`
    if (name === 'ValidationException') throw new Fault('invalid', what, { cause })
    if (isTransient(cause) || name === 'ConflictException') throw new Fault('busy', `${what}; try again`, { cause })
    throw new Fault('internal', `${what}; check the schedule group and the permissions`, { cause })
  }
}
