import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { type App, CfnOutput, Stack } from 'aws-cdk-lib/core'
import type { Config } from '../config.ts'
import { addApiAlarms } from '../constructs/alarms/api-alarms.ts'
import { addBudget } from '../constructs/alarms/budget.ts'
import { addPipelineAlarms } from '../constructs/alarms/pipeline-alarms.ts'
import { addTableAlarms } from '../constructs/alarms/table-alarms.ts'
import type { ApiStack } from './api-stack.ts'
import type { ComputeStack } from './compute-stack.ts'
import type { DataStack } from './data-stack.ts'
import type { PipelineStack } from './pipeline-stack.ts'

interface Stacks {
  data: DataStack
  compute: ComputeStack
  pipeline: PipelineStack
  api: ApiStack
}

/** Who is told when something is wrong: alarms and a budget, by mail to `alarmEmail`. Alarms cost $0.10 a month for each of their metrics. */
export class OperationsStack extends Stack {
  constructor(app: App, id: string, config: Config, { data, pipeline, api }: Stacks) {
    super(app, id, { ...(config.region && { env: { region: config.region } }) })
    const { stage, alarmEmail, monthlyBudgetUsd } = config
    // CloudFormation deploys no empty stack: without an address it holds the topic alone, which is free.
    const topic = new Topic(this, 'Alarms', { topicName: `sluice-${stage}-alarms`, enforceSSL: true })
    // A topic with a policy of its own has lost the one by which the account's alarms may publish.
    const ours = { StringEquals: { 'aws:SourceAccount': this.account } }
    topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', { conditions: ours }))
    new CfnOutput(this, 'AlarmTopicArn', { value: topic.topicArn })
    if (alarmEmail === undefined) return

    topic.addSubscription(new EmailSubscription(alarmEmail))
    const alarms = { stage, topic }
    addPipelineAlarms(this, alarms, pipeline)
    addApiAlarms(this, alarms, api)
    addTableAlarms(this, alarms, data)
    if (monthlyBudgetUsd !== undefined) addBudget(this, { stage, usd: monthlyBudgetUsd, email: alarmEmail })
  }
}
