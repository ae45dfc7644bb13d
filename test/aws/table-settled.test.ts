import { expect, it } from 'vitest'
import { createDynamoClient, createTable } from '../../adapters/aws/table.ts'
import type { Table } from '../../core/platform/ports.ts'
import { draft, ownPartition } from '../contract/table-harness.ts'
import { awsOptions, describeOnMoto, ownName } from '../support/moto.ts'
import { createControlTable } from './table-harness.ts'
import { settled } from './table-settled.ts'

describeOnMoto('the harness for an index that lags', () => {
  it('waits until the index shows the version that the table holds', async () => {
    const client = createDynamoClient(awsOptions())
    const tableName = ownName('settled')
    await createControlTable(client, tableName)
    const table = createTable({ client, tableName })
    const pk = ownPartition()
    const item = await table.put({ ...draft(pk, 'a'), gsi1: { pk, sk: '1' } }, 'any')
    let stale = 3
    const lagging: Table = {
      ...table,
      query: async (query) => (stale-- > 0 ? { items: [] } : table.query(query)),
    }
    expect((await settled(lagging, client, tableName).query({ pk, index: 'gsi1' })).items).toEqual([item])
    expect(stale).toBeLessThan(0)
  })
})
