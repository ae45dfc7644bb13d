import { describe, expect, it } from 'vitest'
import { manifest } from '../../functions/manifest.ts'
import { statementsOf, statementsOfRole } from './support/iam.ts'
import { render } from './support/render.ts'
import { ofType, synth } from './support/synth.ts'

const template = synth('dev').templates.pipeline ?? { Resources: {} }
const consumers = manifest.filter(({ family }) => family === 'events')
type Named = Record<string, Record<string, unknown>>
const reference = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })

const functions = Object.fromEntries(
  ofType(template, 'AWS::Lambda::Function').map(([id, { Environment }]) => [
    (Environment as { Variables: { SLUICE_FUNCTION: string } }).Variables.SLUICE_FUNCTION,
    id,
  ]),
)
const queues = Object.fromEntries(
  ofType(template, 'AWS::SQS::Queue').map(([id, { QueueName }]) => [String(QueueName), id]),
)
const queueOf = (consumer: string) => reference(queues[`sluice-dev-${consumer}-dead-letters`] ?? 'missing')

describe('what an asynchronous consumer cannot do', () => {
  it.each(consumers)('$name is tried again, then lies in its queue with the reason', ({ name }) => {
    const configs = ofType(template, 'AWS::Lambda::EventInvokeConfig').map(([, each]) => each)
    expect(configs.filter(({ FunctionName }) => render(FunctionName) === `{${functions[name]}}`)).toEqual([
      {
        FunctionName: { Ref: functions[name] },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 6 * 3600,
        DestinationConfig: { OnFailure: { Destination: queueOf(name) } },
      },
    ])
  })

  it.each(consumers)('$name may write to its queue before the setting that needs it is made', ({ name }) => {
    const { DependsOn = [] } = template.Resources[functions[name] ?? ''] as { DependsOn?: string[] }
    const rights = DependsOn.flatMap((role) => statementsOfRole(template, role))
    const [queue] = queueOf(name)['Fn::GetAtt']
    const sends = rights.filter(({ actions }) => actions.includes('sqs:SendMessage'))
    expect(sends.map(({ resources }) => resources)).toContainEqual([`{${queue}.Arn}`])
  })
})

describe('what cannot be delivered', () => {
  it('every target of a rule is tried 20 times in 6 hours, then its event lies in a queue', () => {
    const rules = ofType(template, 'AWS::Events::Rule')
    expect(rules.length).toBeGreaterThan(8)
    for (const [, { Targets }] of rules)
      expect(Targets).toEqual([
        expect.objectContaining({
          DeadLetterConfig: { Arn: expect.anything() },
          RetryPolicy: { MaximumRetryAttempts: 20, MaximumEventAgeInSeconds: 6 * 3600 },
        }),
      ])
  })

  it('EventBridge may put an event into a queue for the rule of that queue', () => {
    const allowed = statementsOf(template).filter(
      ({ actions, hasPrincipal }) => hasPrincipal && actions.includes('sqs:SendMessage'),
    )
    const rules = ofType(template, 'AWS::Events::Rule').map(([id]) => `{${id}.Arn}`)
    const permitted = allowed.map(({ condition }) =>
      render((condition?.ArnEquals as Named | undefined)?.['aws:SourceArn']),
    )
    expect(permitted.toSorted()).toEqual(rules.toSorted())
  })
})

describe('the queues', () => {
  it('there is one for each consumer and one for the pipe, with names that the runbook can use', () => {
    const names = [...consumers.map(({ name }) => name), 'pipe'].map((name) => `sluice-dev-${name}-dead-letters`)
    expect(Object.keys(queues).toSorted()).toEqual(names.toSorted())
  })

  it('keep letters for 14 days, encrypted with the key of SQS', () => {
    for (const [, queue] of ofType(template, 'AWS::SQS::Queue'))
      expect(queue).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true })
  })

  it('refuse every request without TLS', () => {
    const denied = statementsOf(template).filter(
      ({ effect, condition }) =>
        effect === 'Deny' && JSON.stringify(condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
    )
    expect(denied.map(({ actions, resources }) => [actions, resources]).toSorted()).toEqual(
      Object.values(queues)
        .map((id) => [['sqs:*'], [`{${id}.Arn}`]])
        .toSorted(),
    )
  })
})

describe('schedules', () => {
  const ticks = ofType(template, 'AWS::Scheduler::Schedule').map(([, each]) => each)
  const scheduled = consumers.flatMap(({ name, trigger }) =>
    trigger.kind === 'schedule' ? [{ name, ...trigger }] : [],
  )

  it.each(scheduled)(
    '$name comes every $everySeconds s, to the second, and a late tick gives way to the next',
    (each) => {
      const minutes = each.everySeconds / 60
      expect(ticks).toContainEqual({
        Name: `sluice-dev-${each.name}`,
        GroupName: 'sluice-dev-ticks',
        ScheduleExpression: `rate(${minutes} minutes)`,
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: reference(functions[each.name] ?? ''),
          RoleArn: expect.anything(),
          DeadLetterConfig: { Arn: queueOf(each.name) },
          RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: each.everySeconds },
        },
      })
    },
  )

  it('call their functions and fill their queues, by a role that may do nothing else', () => {
    const roles = new Set(ticks.map(({ Target }) => render((Target as Named).RoleArn)))
    expect(roles.size).toBe(1)
    const [role = ''] = roles
    expect(rightsOfRole(role.replace(/^\{(\w+)\.Arn\}$/, '$1'))).toEqual(startOf(scheduled.map(({ name }) => name)))
  })

  it('there is none besides', () => {
    expect(ticks).toHaveLength(scheduled.length)
  })

  it("apply-schedule fills the group of the users' schedules, and no other, with calls of run-schedule", () => {
    const { Environment, Role } = (template.Resources[functions['apply-schedule'] ?? '']?.Properties ?? {}) as Named
    const variables = (Environment as unknown as { Variables: Named }).Variables
    expect(variables).toMatchObject({
      SLUICE_SCHEDULE_GROUP: 'sluice-dev',
      SLUICE_SCHEDULE_TARGET: reference(functions['run-schedule'] ?? ''),
      SLUICE_SCHEDULE_DLQ: queueOf('run-schedule'),
    })
    const [passed = ''] = (variables.SLUICE_SCHEDULE_ROLE as unknown as { 'Fn::GetAtt': string[] })['Fn::GetAtt']
    const [own = ''] = (Role as unknown as { 'Fn::GetAtt': string[] })['Fn::GetAtt']
    const rights = statementsOfRole(template, own)
    expect(rights.find(({ actions }) => actions.includes('iam:PassRole'))).toMatchObject({
      resources: [`{${passed}.Arn}`],
      condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    })
    const schedules = 'arn:aws:scheduler:{Region}:{AccountId}:schedule/sluice-dev/*'
    expect(rights.filter(({ resources }) => resources.includes(schedules)).flatMap(({ actions }) => actions)).toEqual([
      'scheduler:CreateSchedule',
      'scheduler:DeleteSchedule',
      'scheduler:UpdateSchedule',
    ])
    expect(rightsOfRole(passed)).toEqual(startOf(['run-schedule']))
  })

  it('Scheduler takes a role only for the schedules of its own group', () => {
    const trust = ofType(template, 'AWS::IAM::Role')
      .map(([, { AssumeRolePolicyDocument }]) => JSON.stringify(AssumeRolePolicyDocument))
      .filter((each) => each.includes('scheduler.amazonaws.com'))
    expect(trust).toHaveLength(2)
    for (const each of trust) expect(each).toMatch(/aws:SourceAccount.*aws:SourceArn/)
    for (const [group] of ofType(template, 'AWS::Scheduler::ScheduleGroup'))
      expect(trust.filter((each) => each.includes(`"${group}"`))).toHaveLength(1)
  })

  const rightsOfRole = (role: string) =>
    statementsOfRole(template, role).map(({ actions, resources }) => [actions, resources.toSorted()])

  /** What the role needs of a schedule that starts these functions. */
  function startOf(names: string[]) {
    const arns = names.map((name) => `{${functions[name]}.Arn}`)
    const letters = names.map((name) => render(queueOf(name)))
    return [
      [['lambda:InvokeFunction'], arns.toSorted()],
      [['sqs:SendMessage'], letters.toSorted()],
    ]
  }
})
