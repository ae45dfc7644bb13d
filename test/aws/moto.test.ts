import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { expect, it } from 'vitest'
import { awsOptions, describeOnMoto, ownName } from '../support/moto.ts'

describeOnMoto('the AWS stand-in', () => {
  it('answers an SDK client', async () => {
    const client = new DynamoDBClient(awsOptions())
    const TableName = ownName('probe')
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      }),
    )
    expect((await client.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus).toBe('ACTIVE')
  })
})
