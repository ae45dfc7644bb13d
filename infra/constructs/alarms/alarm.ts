import {
  Alarm,
  type ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'

/** The sections of docs/runbook.md; `budget` is that of the budget's mail. */
export type RunbookSection =
  | 'dead-letters'
  | 'pipe-failing'
  | 'executions-failing'
  | 'functions-failing'
  | 'api-errors'
  | 'api-slow'
  | 'tables-throttled'
  | 'queue-blocked'
  | 'reconcile-missing'

export interface AlarmProps {
  section: RunbookSection
  /** Which of several of one section. */
  about?: string
  /** One sentence for the mail. */
  meaning: string
  metric: IMetric
  threshold: number
  evaluationPeriods?: number
  comparisonOperator?: ComparisonOperator
  treatMissingData?: TreatMissingData
}

/** Where alarms go and what they are named after. */
export interface Alarms {
  stage: string
  topic: ITopic
}

/** An alarm `sluice-STAGE-SECTION` whose mail names its section of the runbook. Rises at the threshold; silence is good news unless told. */
export function addAlarm(scope: Construct, { stage, topic }: Alarms, props: AlarmProps): void {
  const { section, about, meaning, ...rest } = props
  const name = about ? `${section}-${about}` : section
  const alarm = new Alarm(scope, name, {
    alarmName: `sluice-${stage}-${name}`,
    alarmDescription: `${meaning} Runbook: docs/runbook.md#${section}`,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    ...rest,
  })
  alarm.addAlarmAction(new SnsAction(topic))
}

/** The sum of metrics that report only when something happens. CloudWatch bills each of them, and takes ten at most. */
export function sumOf(metrics: Record<string, IMetric>, label: string): MathExpression {
  const filled = Object.keys(metrics).map((id) => `FILL(${id}, 0)`)
  return new MathExpression({
    expression: `SUM([${filled.join(', ')}])`,
    usingMetrics: metrics,
    label,
    period: Duration.minutes(5),
  })
}
