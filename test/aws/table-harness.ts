import { randomUUID } from 'node:crypto'
import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  type DynamoDBClientConfig,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { createDynamoClient, createTable } from '../../adapters/aws/table.ts'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import { draft, eventOf, type TableHarness } from '../contract/table-harness.ts'
import type { AccountOptions } from '../support/real-account.ts'
import { settled } from './table-settled.ts'
import { streamedEvents } from './table-stream.ts'

export interface DynamoServer {
  account: AccountOptions
  endpoint?: string
  /** Where the stream is read; the endpoint unless told. */
  streams?: string
  /** Indexes and the stream lag behind the table: the harness waits until they have caught up. */
  lags?: boolean
  prepare?(client: DynamoDBClient): void
}

// Enough to reach each of the at most four shards of a new table on demand.
const MARKS = 40

/** A table as infra/stacks/data-stack.ts deploys `control`, deleted by `close`. */
export async function openDynamoTable(server: DynamoServer, tableName: string): Promise<TableHarness> {
  const client = createDynamoClient(clientConfig(server))
  server.prepare?.(client)
  const arn = await createControlTable(client, tableName)
  const table = createTable({ client, tableName })
  const stream = () => streamedEvents(server.account, server.streams ?? server.endpoint ?? '', arn)
  return {
    table: server.lags ? settled(table, client, tableName) : table,
    async events() {
      const marks = Array.from({ length: server.lags ? MARKS : 0 }, () => `mark/${randomUUID()}`)
      for (const id of marks) await table.put(draft(id, 'mark'), 'any', eventOf('mark', id))
      let events: BusinessEvent[]
      do events = await stream()
      while (marks.some((id) => !events.some((event) => event.id === id)))
      return events.filter((event) => event.subject !== 'mark')
    },
    async close() {
      await client.send(new DeleteTableCommand({ TableName: tableName }))
      client.destroy()
    },
  }
}

export function clientConfig({ account, endpoint }: DynamoServer): DynamoDBClientConfig {
  return { ...account, ...(endpoint !== undefined && { endpoint }) }
}

export async function createControlTable(client: DynamoDBClient, TableName: string): Promise<string> {
  const index = (IndexName: string) => ({
    IndexName,
    KeySchema: keySchema(`${IndexName}pk`, `${IndexName}sk`),
    Projection: { ProjectionType: 'ALL' as const },
  })
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: keySchema('pk', 'sk'),
      GlobalSecondaryIndexes: [index('gsi1'), index('gsi2')],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    }),
  )
  await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1, maxDelay: 5 }, { TableName })
  return TableDescription?.LatestStreamArn ?? ''
}

function keySchema(pk: string, sk: string) {
  return [
    { AttributeName: pk, KeyType: 'HASH' as const },
    { AttributeName: sk, KeyType: 'RANGE' as const },
  ]
}
