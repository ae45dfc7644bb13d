import {
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb'
import { Fault } from '../../core/platform/fault.ts'
import type { Item, Page, Table, TableQuery } from '../../core/platform/ports.ts'
import { decodeCursor, encodeCursor } from '../../core/platform/table-cursor.ts'
import { checkDraft, checkKey, checkQuery } from '../../core/platform/table-limits.ts'
import { attemptMs, clientOptions } from './client-options.ts'
import { dynamoFault } from './dynamo-faults.ts'
import { aliases, fromStored, keyAttributes, READ, type Stored, toStored } from './table-item.ts'
import { pageRequest, positionOf } from './table-query.ts'
import { newToken, remove, write } from './table-write.ts'

export type TableOptions = {
  tableName: string
  /** false: refuses events, because the table has no stream that would publish them. */
  publishes?: boolean
} & ({ client: DynamoDBClient } | { options: DynamoDBClientConfig })

/** A DynamoDB client with bounded attempts; both tables can share it. */
export function createDynamoClient(options: DynamoDBClientConfig): DynamoDBClient {
  return new DynamoDBClient({ ...clientOptions(attemptMs.table), ...options })
}

/** The Table port over DynamoDB. */
export function createTable(options: TableOptions): Table {
  const { tableName, publishes = true } = options
  const client = 'client' in options ? options.client : createDynamoClient(options.options)

  return {
    async get(key) {
      checkKey(key, '')
      const { Item } = await client
        .send(
          new GetItemCommand({
            TableName: tableName,
            Key: keyAttributes(key),
            ConsistentRead: true,
            ProjectionExpression: READ.map((name) => `#${name}`).join(', '),
            ExpressionAttributeNames: aliases(READ),
          }),
        )
        .catch(fail('reading'))
      return Item && fromStored(Item)
    },
    async put(draft, guard, event) {
      if (event && !publishes)
        throw new Fault('invalid', `table ${tableName} publishes no events: ${event.type} would be lost`)
      checkDraft(draft, event)
      const stored = toStored(draft, newToken(), event)
      const given = `item ${draft.pk} / ${draft.sk}`
      const version = await write(client, tableName, stored, guard).catch(fail('writing', given))
      return fromStored({ ...stored, version: { N: String(version) } })
    },
    async delete(key, guard) {
      checkKey(key, '')
      const { pk, sk } = key
      await remove(client, tableName, { pk, sk }, guard).catch(fail('deleting'))
    },
    async query(query) {
      const limit = checkQuery(query)
      const position = query.cursor === undefined ? undefined : decodeCursor(tableName, query, query.cursor)
      const request = pageRequest(tableName, query, position)
      if (request === undefined) return { items: [] }
      const given = query.cursor === undefined ? undefined : 'the cursor'
      return takePage(query, limit, request).catch(fail('querying', given))
    },
  }

  // One item more than asked shows whether a cursor is due. A page that ends early, at 1 MB, asks for the item after it.
  async function takePage(query: TableQuery, limit: number, request: QueryCommandInput): Promise<Page<Item>> {
    const found = await client.send(new QueryCommand({ ...request, Limit: limit + 1 }))
    const all = (found.Items ?? []).map(fromStored)
    const items = all.slice(0, limit)
    const last = items.at(-1)
    const follows = all.length > limit || (found.LastEvaluatedKey && (await hasMore(request, found.LastEvaluatedKey)))
    return last && follows
      ? { items, cursor: encodeCursor(tableName, query, positionOf(last, query.index)) }
      : { items }
  }

  async function hasMore(request: QueryCommandInput, ExclusiveStartKey: Stored): Promise<boolean> {
    const next = await client.send(new QueryCommand({ ...request, ExclusiveStartKey, Limit: 1 }))
    return (next.Items ?? []).length > 0
  }

  function fail(call: string, given?: string): (error: unknown) => never {
    return (error) => {
      throw dynamoFault(error, tableName, call, given)
    }
  }
}
