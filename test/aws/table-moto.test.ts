import { describeTableContract } from '../contract/table-contract.ts'
import { awsOptions, describeOnMoto, ownName } from '../support/moto.ts'
import { openDynamoTable } from './table-harness.ts'

describeOnMoto('on moto', () => {
  const open = () => {
    const { endpoint, ...account } = awsOptions()
    return openDynamoTable({ account, endpoint }, ownName('table'))
  }
  // moto answers in 5 to 10 ms.
  describeTableContract('DynamoDB', open, { runs: 60 })
})
