import { describe, expect, it } from 'vitest'
import { statementsOf } from './support/iam.ts'
import { ofType, synth } from './support/synth.ts'

interface Alarm {
  AlarmName: string
  TreatMissingData: string
  AlarmActions: unknown[]
  Metrics?: { Expression?: string; MetricStat?: { Metric: { MetricName: string; Dimensions: { Name: string }[] } } }[]
  [key: string]: unknown
}

const template = synth('full').templates.operations ?? { Resources: {} }
const alarms = ofType(template, 'AWS::CloudWatch::Alarm').map(([, each]) => each as Alarm)
const named = (name: string) => alarms.find(({ AlarmName }) => AlarmName === `sluice-full-${name}`) ?? ({} as Alarm)
/** CloudWatch bills an alarm by its metrics. */
const metricsOf = ({ Metrics }: Alarm) => Metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1

describe('without an address', () => {
  const silent = synth('dev').templates.operations ?? { Resources: {} }

  it('there is the topic and nothing that costs', () => {
    const types = new Set(Object.values(silent.Resources).map(({ Type }) => Type))
    expect([...types].toSorted()).toEqual(['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy'])
  })
})

describe('the alarms', () => {
  it('cost less than three dollars a month, all of them, at $0.10 for each metric', () => {
    const metrics = alarms.reduce((sum, each) => sum + metricsOf(each), 0)
    expect(metrics).toBe(29)
    for (const each of alarms) expect(metricsOf(each)).toBeLessThanOrEqual(10)
  })

  it('all go to the topic, which mails them', () => {
    const [[topic = ''] = []] = ofType(template, 'AWS::SNS::Topic')
    for (const { AlarmActions } of alarms) expect(AlarmActions).toEqual([{ Ref: topic }])
    expect(ofType(template, 'AWS::SNS::Subscription').map(([, each]) => each)).toEqual([
      { Endpoint: 'ops@example.com', Protocol: 'email', TopicArn: { Ref: topic } },
    ])
  })

  it('take silence for good news, but that of the reconciler, whose silence is the fault', () => {
    const breaching = alarms.filter(({ TreatMissingData }) => TreatMissingData !== 'notBreaching')
    expect(breaching.map(({ AlarmName, TreatMissingData }) => [AlarmName, TreatMissingData])).toEqual([
      ['sluice-full-reconcile-missing', 'breaching'],
    ])
  })

  it('there is one for each dead-letter queue, at its first message', () => {
    const queues = Object.keys(synth('full').stacks.pipeline.deadLetters)
    expect(queues.length).toBeGreaterThan(10)
    for (const consumer of queues)
      expect(named(`dead-letters-${consumer}`)).toMatchObject({
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Namespace: 'AWS/SQS',
        Statistic: 'Maximum',
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      })
  })

  it('the pipe is watched by its name', () => {
    expect(named('pipe-failing')).toMatchObject({
      Namespace: 'AWS/EventBridge/Pipes',
      MetricName: 'ExecutionFailed',
      Dimensions: [{ Name: 'PipeName', Value: 'sluice-full-events' }],
      EvaluationPeriods: 2,
    })
  })

  it.each([
    ['executions-failing', ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionThrottled'], 1],
    ['functions-failing', ['Errors', 'Errors'], 5],
    ['api-errors', ['5XXError', '5XXError'], 5],
    [
      'tables-throttled',
      ['ReadThrottleEvents', 'WriteThrottleEvents', 'ReadThrottleEvents', 'WriteThrottleEvents'],
      10,
    ],
  ])('%s adds up %j', (name, metrics, threshold) => {
    const { Metrics = [], ...alarm } = named(name)
    expect(Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric.MetricName ?? [])).toEqual(metrics)
    const [{ Expression }] = Metrics.filter((each) => each.Expression !== undefined) as [{ Expression: string }]
    expect(Expression).toMatch(/^SUM\(\[(FILL\(\w+, 0\)(, )?)+\]\)$/)
    expect(alarm).toMatchObject({ Threshold: threshold, ComparisonOperator: 'GreaterThanOrEqualToThreshold' })
  })

  it('slowness is that of the function `api`: the gateway would count every live view as a minute', () => {
    expect(named('api-slow')).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Duration',
      ExtendedStatistic: 'p99',
      Threshold: 5000,
      EvaluationPeriods: 3,
    })
  })

  it('a blocked queue and a missing reconciler show in the calls of their functions', () => {
    expect(named('queue-blocked')).toMatchObject({ MetricName: 'Invocations', Threshold: 1, Period: 300 })
    expect(named('reconcile-missing')).toMatchObject({
      MetricName: 'Invocations',
      Threshold: 1,
      Period: 900,
      ComparisonOperator: 'LessThanThreshold',
    })
  })
})

describe('the topic', () => {
  it('takes alarms of this account, over TLS', () => {
    const statements = statementsOf(template)
    expect(statements.find(({ effect }) => effect === 'Allow')).toMatchObject({
      actions: ['sns:Publish'],
      condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    })
    expect(statements.find(({ effect }) => effect === 'Deny')).toMatchObject({
      condition: { Bool: { 'aws:SecureTransport': 'false' } },
    })
  })
})

it('the budget mails at 80 %, at 100 % and when the forecast passes it', () => {
  const [[, budget] = ['', {}]] = ofType(template, 'AWS::Budgets::Budget')
  expect(budget).toMatchObject({ Budget: { BudgetLimit: { Amount: 100, Unit: 'USD' }, TimeUnit: 'MONTHLY' } })
  const mails = budget.NotificationsWithSubscribers as {
    Notification: Record<string, unknown>
    Subscribers: unknown[]
  }[]
  expect(mails.map(({ Notification }) => [Notification.NotificationType, Notification.Threshold])).toEqual([
    ['ACTUAL', 80],
    ['ACTUAL', 100],
    ['FORECASTED', 100],
  ])
  for (const { Subscribers } of mails)
    expect(Subscribers).toEqual([{ SubscriptionType: 'EMAIL', Address: 'ops@example.com' }])
})
