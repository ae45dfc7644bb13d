import type { DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { describeTableContract } from '../contract/table-contract.ts'
import { describeOnDynoxide } from '../support/dynoxide.ts'
import { ownName } from '../support/moto.ts'
import { openDynamoTable } from './table-harness.ts'

const account = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret' },
}

describeOnDynoxide('on dynoxide', (endpoint) => {
  describeTableContract('DynamoDB', () =>
    openDynamoTable({ account, endpoint: endpoint(), prepare: spellOutPrefixes }, ownName('table')),
  )
})

// dynoxide 1.2.1 compares key prefixes without regard to case, so it is asked for the range that the prefix stands for.
function spellOutPrefixes(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next) => (call) => {
      const input = call.input as Partial<QueryCommandInput>
      const prefix = input.ExpressionAttributeValues?.[':prefix']?.S
      if (prefix === undefined) return next(call)
      const condition = input.KeyConditionExpression?.replace(
        /begins_with\((#\w+), :prefix\)/,
        '$1 BETWEEN :prefix AND :last',
      )
      const values = { ...input.ExpressionAttributeValues, ':last': { S: `${prefix}\u{10ffff}` } }
      return next({
        ...call,
        input: { ...call.input, KeyConditionExpression: condition, ExpressionAttributeValues: values },
      })
    },
    { step: 'initialize' },
  )
}
