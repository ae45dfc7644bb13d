import type { QueryCommandInput } from '@aws-sdk/client-dynamodb'
import type { Item, TableQuery } from '../../core/platform/ports.ts'
import type { Position } from '../../core/platform/table-cursor.ts'
import { aliases, indexAttributes, keyAttributes, READ, type Stored } from './table-item.ts'

/** The request of one page after `position`; undefined when the sk range is empty, which DynamoDB refuses. */
export function pageRequest(
  tableName: string,
  query: TableQuery,
  position: Position | undefined,
): QueryCommandInput | undefined {
  const range = sortCondition(query.sk)
  if (range === undefined) return undefined
  const pk = query.index ? `${query.index}pk` : 'pk'
  const sk = query.index ? `${query.index}sk` : 'sk'
  return {
    TableName: tableName,
    ...(query.index ? { IndexName: query.index } : { ConsistentRead: true }),
    KeyConditionExpression: `#${pk} = :pk${range.condition.replaceAll('#', `#${sk}`)}`,
    ExpressionAttributeNames: aliases(READ),
    ExpressionAttributeValues: { ':pk': { S: query.pk }, ...range.values },
    ProjectionExpression: READ.map((name) => `#${name}`).join(', '),
    ScanIndexForward: !query.descending,
    ...(position && { ExclusiveStartKey: startKey(query, position) }),
  }
}

/** Where a page that ends with `item` goes on. */
export function positionOf(item: Item, index: TableQuery['index']): Position {
  if (index === undefined) return [item.sk]
  return [item[index]?.sk ?? '', item.pk, item.sk]
}

function startKey(query: TableQuery, position: Position): Stored {
  if (query.index === undefined) return keyAttributes({ pk: query.pk, sk: position[0] })
  const [indexSk, pk = '', sk = ''] = position
  return { ...keyAttributes({ pk, sk }), ...indexAttributes(query.index, { pk: query.pk, sk: indexSk }) }
}

// `#` stands for the sort key.
function sortCondition(range: TableQuery['sk']): { condition: string; values: Stored } | undefined {
  if (range === undefined) return { condition: '', values: {} }
  if ('prefix' in range) {
    if (range.prefix === '') return { condition: '', values: {} }
    return { condition: ' AND begins_with(#, :prefix)', values: { ':prefix': { S: range.prefix } } }
  }
  const { from, to } = range
  if (from && to) {
    if (Buffer.compare(Buffer.from(from), Buffer.from(to)) > 0) return undefined
    return { condition: ' AND # BETWEEN :from AND :to', values: { ':from': { S: from }, ':to': { S: to } } }
  }
  if (from) return { condition: ' AND # >= :from', values: { ':from': { S: from } } }
  if (to) return { condition: ' AND # <= :to', values: { ':to': { S: to } } }
  return { condition: '', values: {} }
}
