import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSchedules } from '../../adapters/aws/schedules.ts'
import { describeSchedules } from '../contract/schedules-contract.ts'
import { awsOptions, describeOnMoto, ownName } from '../support/moto.ts'

const account = 'us-east-1:123456789012'
const places = {
  targetArn: `arn:aws:lambda:${account}:function:run-schedule`,
  roleArn: 'arn:aws:iam::123456789012:role/scheduler',
  dlqArn: `arn:aws:sqs:${account}:ticks`,
}
const nightly = { name: 'nightly', cron: '30 2 * * MON-FRI', timezone: 'Europe/Berlin' }

describeOnMoto('Schedules: EventBridge Scheduler', () => {
  async function open() {
    const scheduler = new SchedulerClient(awsOptions())
    const group = ownName('group').slice(0, 64)
    await scheduler.send(new CreateScheduleGroupCommand({ Name: group }))
    const names = async () => {
      const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({ GroupName: group }))
      return Schedules.map(({ Name = '' }) => Name)
    }
    return { scheduler, group, names, schedules: createSchedules({ scheduler, group, ...places }) }
  }

  describeSchedules(open)

  it('invokes the target with the name and the moment, in the zone of the user', async () => {
    const { scheduler, group, schedules } = await open()
    await schedules.put({ ...nightly, cron: '0 0 1 * *' })
    await schedules.put(nightly)
    const stored = await scheduler.send(new GetScheduleCommand({ Name: 'nightly', GroupName: group }))
    expect(stored).toMatchObject({
      ScheduleExpression: 'cron(30 2 ? * 2-6 *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: places.targetArn,
        RoleArn: places.roleArn,
        DeadLetterConfig: { Arn: places.dlqArn },
        RetryPolicy: { MaximumRetryAttempts: 20, MaximumEventAgeInSeconds: 21_600 },
      },
    })
    expect(JSON.parse(stored.Target?.Input ?? '')).toEqual({
      schedule: 'nightly',
      scheduled_at: '<aws.scheduler.scheduled-time>',
    })
  })
})

describe('EventBridge Scheduler that does not serve', () => {
  const error = (name: string, status = 400) =>
    Object.assign(new Error('as AWS says'), { name, $metadata: { httpStatusCode: status } })

  function refusing() {
    const scheduler = new SchedulerClient({ region: 'us-east-1' })
    const mock = mockClient(scheduler)
    onTestFinished(() => mock.restore())
    return { mock, schedules: createSchedules({ scheduler, group: 'g', ...places }) }
  }

  it.each([
    ['ThrottlingException', 429, 'busy'],
    ['InternalServerException', 500, 'busy'],
    ['ConflictException', 409, 'busy'],
    ['ValidationException', 400, 'invalid'],
    ['AccessDeniedException', 403, 'internal'],
  ])('with %s (%i) is Fault %s that names the timer', async (name, status, code) => {
    const { mock, schedules } = refusing()
    mock.on(UpdateScheduleCommand).rejects(error(name, status))
    await expect(schedules.put(nightly)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`timer "nightly" (${name}`),
    })
  })

  it('is asked again when somebody creates the timer between the two calls, and not for ever', async () => {
    const { mock, schedules } = refusing()
    mock.on(UpdateScheduleCommand).rejectsOnce(error('ResourceNotFoundException', 404)).resolves({})
    mock.on(CreateScheduleCommand).rejects(error('ConflictException', 409))
    await schedules.put(nightly)
    mock.on(UpdateScheduleCommand).rejects(error('ResourceNotFoundException', 404))
    await expect(schedules.put(nightly)).rejects.toMatchObject({ code: 'busy' })
  })

  it('for want of its group is Fault internal that says where to look', async () => {
    const { mock, schedules } = refusing()
    mock.on(UpdateScheduleCommand).rejects(error('ResourceNotFoundException', 404))
    mock.on(CreateScheduleCommand).rejects(error('ResourceNotFoundException', 404))
    await expect(schedules.put(nightly)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('check the schedule group'),
    })
  })
})
