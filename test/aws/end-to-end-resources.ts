import { BatchClient } from '@aws-sdk/client-batch'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { SFNClient } from '@aws-sdk/client-sfn'
import { ownName } from '../support/moto.ts'
import { createControlTable } from './table-harness.ts'

/** What the data stack would make, and a client of each service to look at it. */
export async function createResources() {
  const clients = {
    s3: new S3Client({}),
    batch: new BatchClient({}),
    dynamo: new DynamoDBClient({}),
    kms: new KMSClient({}),
    scheduler: new SchedulerClient({}),
    sfn: new SFNClient({}),
  }
  const [controlTable, metricsTable] = [ownName('control'), ownName('metrics')]
  const [bucket, scheduleGroup] = [ownName('bucket'), ownName('schedules')]
  await clients.s3.send(new CreateBucketCommand({ Bucket: bucket }))
  await clients.scheduler.send(new CreateScheduleGroupCommand({ Name: scheduleGroup }))
  const streamArn = await createControlTable(clients.dynamo, controlTable)
  await createMetricsTable(clients.dynamo, metricsTable)
  const key = new CreateKeyCommand({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' })
  const signingKey = (await clients.kms.send(key)).KeyMetadata?.Arn ?? ''
  const names = { controlTable, metricsTable, bucket, scheduleGroup, signingKey }
  return { clients, names, streamArn }
}

async function createMetricsTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const keys = { pk: 'HASH', sk: 'RANGE' } as const
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: Object.keys(keys).map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: Object.entries(keys).map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
    }),
  )
}
