import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { PipelineStack } from '../../stacks/pipeline-stack.ts'
import { pipeName } from '../events/pipe.ts'
import { type Alarms, addAlarm, sumOf } from './alarm.ts'

const fiveMinutes = { statistic: 'Sum', period: Duration.minutes(5) }

/** What can go wrong between an accepted job and its end without anybody being told. */
export function addPipelineAlarms(scope: Construct, alarms: Alarms, pipeline: PipelineStack): void {
  for (const [consumer, queue] of Object.entries(pipeline.deadLetters))
    addAlarm(scope, alarms, {
      section: 'dead-letters',
      about: consumer,
      meaning: `An event never reached ${consumer}, or failed there three times.`,
      metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: Duration.minutes(5) }),
      threshold: 1,
    })
  addAlarm(scope, alarms, {
    section: 'pipe-failing',
    meaning: 'Events of the table are not published: jobs start minutes late, by the reconciler.',
    metric: new Metric({
      namespace: 'AWS/EventBridge/Pipes',
      metricName: 'ExecutionFailed',
      dimensionsMap: { PipeName: pipeName(alarms.stage) },
      ...fiveMinutes,
    }),
    threshold: 1,
    // One failed batch is tried again and heals.
    evaluationPeriods: 2,
  })
  const { machine } = pipeline
  addAlarm(scope, alarms, {
    section: 'executions-failing',
    meaning: 'A job failed, ran out of time, or could not be started.',
    metric: sumOf(
      {
        failed: machine.metricFailed(fiveMinutes),
        timedOut: machine.metricTimedOut(fiveMinutes),
        throttled: machine.metricThrottled(fiveMinutes),
      },
      'jobs that failed, timed out or were throttled',
    ),
    threshold: 1,
  })
  addAlarm(scope, alarms, {
    section: 'queue-blocked',
    meaning: 'AWS Batch cannot start the job at the head of a queue.',
    // The rule's metric says the same, but the function also has the reason.
    metric: invocationsOf(pipeline, 'queue-blocked', Duration.minutes(5)),
    threshold: 1,
  })
  addAlarm(scope, alarms, {
    section: 'reconcile-missing',
    meaning: 'The reconciler has not run for 15 minutes: what was lost stays lost.',
    metric: invocationsOf(pipeline, 'reconcile', Duration.minutes(15)),
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    // A function that nobody calls reports nothing: here silence is the fault.
    treatMissingData: TreatMissingData.BREACHING,
  })
}

function invocationsOf({ functions }: PipelineStack, name: string, period: Duration): Metric {
  const found = functions[name]
  if (!found) throw new Error(`the pipeline has no function ${name} to watch`)
  return found.metricInvocations({ statistic: 'Sum', period })
}
