import { describeTableContract } from '../contract/table-contract.ts'
import { ownName } from '../support/moto.ts'
import { describeOnRealAccount } from '../support/real-account.ts'
import { openDynamoTable } from './table-harness.ts'

await describeOnRealAccount('in a real account', (account) => {
  const streams = `https://streams.dynamodb.${account.region}.amazonaws.com`
  describeTableContract('DynamoDB', () => openDynamoTable({ account, streams, lags: true }, ownName('table')), {
    runs: 12,
  })
})
