import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { DataStack } from '../../stacks/data-stack.ts'
import { type Alarms, addAlarm, sumOf } from './alarm.ts'

/** Tables that turn requests away. DynamoDB's own errors are counted per operation, and show as 5xx and dead letters. */
export function addTableAlarms(scope: Construct, alarms: Alarms, { control, metrics }: DataStack): void {
  const throttles: Record<string, IMetric> = {}
  for (const [id, { tableName }] of Object.entries({ control, metrics }))
    for (const kind of ['Read', 'Write'])
      throttles[`${id}${kind}`] = new Metric({
        namespace: 'AWS/DynamoDB',
        metricName: `${kind}ThrottleEvents`,
        dimensionsMap: { TableName: tableName },
        statistic: 'Sum',
        period: Duration.minutes(5),
      })
  addAlarm(scope, alarms, {
    section: 'tables-throttled',
    meaning: 'DynamoDB turned requests away for ten minutes.',
    metric: sumOf(throttles, 'throttled requests'),
    // The drivers try again: some in a burst are normal.
    threshold: 10,
    evaluationPeriods: 2,
  })
}
