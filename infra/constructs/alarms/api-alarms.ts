import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { ApiStack } from '../../stacks/api-stack.ts'
import { type Alarms, addAlarm, sumOf } from './alarm.ts'

const fiveMinutes = { statistic: 'Sum', period: Duration.minutes(5) }

/** What callers of the API notice. */
export function addApiAlarms(scope: Construct, alarms: Alarms, { api, jwtApi, functions }: ApiStack): void {
  const doors = {
    iam: api.metricServerError(fiveMinutes),
    ...(jwtApi && { jwt: jwtApi.metricServerError(fiveMinutes) }),
  }
  addAlarm(scope, alarms, {
    section: 'api-errors',
    meaning: 'The API answered 5xx at least five times in five minutes.',
    metric: sumOf(doors, 'answers with 5xx'),
    threshold: 5,
  })
  // Not the authorizer: it says no by an error, and a browser with a stale token asks often. What breaks it is a 5xx of the gateway.
  const errors = { api: functions.api.metricErrors(fiveMinutes), stream: functions.stream.metricErrors(fiveMinutes) }
  addAlarm(scope, alarms, {
    section: 'functions-failing',
    // A stream that breaks after its first byte was a 200 to the gateway.
    meaning: 'A function of the API broke at least five times in five minutes.',
    metric: sumOf(errors, 'errors of the functions of the API'),
    threshold: 5,
  })
  addAlarm(scope, alarms, {
    section: 'api-slow',
    meaning: 'One request in a hundred takes longer than 5 s, for a quarter of an hour.',
    // The gateway's own latency would count every live view as an answer of 55 s.
    metric: functions.api.metricDuration({ statistic: 'p99', period: Duration.minutes(5) }),
    threshold: 5000,
    evaluationPeriods: 3,
  })
}
