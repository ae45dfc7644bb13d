import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import type { Item, Table, TableQuery } from '../../core/platform/ports.ts'
import { allPages } from '../contract/table-harness.ts'

type Index = NonNullable<TableQuery['index']>

/** The table, with index queries that wait until the index shows what the table holds; for suites that expect it at once. */
export function settled(table: Table, client: DynamoDBClient, tableName: string): Table {
  return {
    ...table,
    async query(query) {
      const { pk, index } = query
      if (index === undefined || pk === '') return table.query(query)
      for (let look = 0; look < 100; look++) {
        const shown = (await allPages(table, { pk, index })).map(named).sort()
        const held = (await inTable(client, tableName, index, pk)).sort()
        if (JSON.stringify(shown) === JSON.stringify(held)) return table.query(query)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error(`index ${index} of ${tableName} still differs from its table after 5 s: partition ${pk}`)
    },
  }
}

async function inTable(client: DynamoDBClient, TableName: string, index: Index, pk: string): Promise<string[]> {
  const names: string[] = []
  const scan = {
    TableName,
    ConsistentRead: true,
    FilterExpression: '#index = :pk',
    ExpressionAttributeNames: { '#index': `${index}pk` },
    ExpressionAttributeValues: { ':pk': { S: pk } },
  }
  for await (const { Items = [] } of paginateScan({ client }, scan))
    for (const { pk: owner, sk, version } of Items) names.push(`${owner?.S}\n${sk?.S}\n${version?.N}`)
  return names
}

function named({ pk, sk, version }: Item): string {
  return `${pk}\n${sk}\n${version}`
}
