import { randomBytes } from 'node:crypto'
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { Fault } from '../../core/platform/fault.ts'
import type { Key, TableGuard } from '../../core/platform/ports.ts'
import { WRITE_TOKEN_LENGTH } from '../../core/platform/table-limits.ts'
import { aliases, keyAttributes, REPLACED, type Stored } from './table-item.ts'

/** A value that no other write carries. */
export function newToken(): string {
  return randomBytes((WRITE_TOKEN_LENGTH * 3) / 4).toString('base64url')
}

/**
 * Stores the attributes under the next version, which it returns. Fault `conflict` when the guard does not hold; after a lost answer
 * also when this write succeeded and another one followed before the retry.
 */
export async function write(
  client: DynamoDBClient,
  tableName: string,
  stored: Stored,
  guard: TableGuard,
): Promise<number> {
  try {
    if (guard === 'any') return await replace(client, tableName, stored)
    const version = guard === 'absent' ? 1 : guard.version + 1
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: { ...stored, version: { N: String(version) } },
        ...condition(guard),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    )
    return version
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    // The SDK repeats a request whose answer was lost. The repeat meets what the first one wrote: this very token.
    if (error.Item?.token?.S === stored.token?.S) return Number(error.Item?.version?.N)
    throw conflict(tableName, { pk: stored.pk?.S ?? '', sk: stored.sk?.S ?? '' }, guard, error)
  }
}

/** Removes the item. Fault `conflict` when the guard does not hold. */
export async function remove(
  client: DynamoDBClient,
  tableName: string,
  key: Key,
  guard: 'any' | { version: number },
): Promise<void> {
  try {
    await client.send(
      new DeleteItemCommand({
        TableName: tableName,
        Key: keyAttributes(key),
        ...(guard !== 'any' && { ...condition(guard), ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
      }),
    )
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    // Only a repeat that follows a lost answer may count "already gone" as its own doing.
    if (error.Item === undefined && (error.$metadata.attempts ?? 1) > 1) return
    throw conflict(tableName, key, guard, error)
  }
}

// One update instead of read and guarded put: no race, no retry loop. Its condition keeps a repeated request from counting twice.
async function replace(client: DynamoDBClient, tableName: string, stored: Stored): Promise<number> {
  const kept = REPLACED.filter((name) => stored[name] !== undefined)
  const gone = REPLACED.filter((name) => stored[name] === undefined)
  const { Attributes } = await client.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: { pk: { S: stored.pk?.S ?? '' }, sk: { S: stored.sk?.S ?? '' } },
      UpdateExpression: `SET ${kept.map((name) => `#${name} = :${name}`).join(', ')}, #version = if_not_exists(#version, :zero) + :one${
        gone.length > 0 ? ` REMOVE ${gone.map((name) => `#${name}`).join(', ')}` : ''
      }`,
      ConditionExpression: 'attribute_not_exists(#token) OR #token <> :token',
      ExpressionAttributeNames: aliases([...REPLACED, 'version']),
      ExpressionAttributeValues: {
        ...Object.fromEntries(kept.flatMap((name) => (stored[name] ? [[`:${name}`, stored[name]]] : []))),
        ':zero': { N: '0' },
        ':one': { N: '1' },
      },
      ReturnValues: 'UPDATED_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  )
  return Number(Attributes?.version?.N)
}

function condition(guard: 'absent' | { version: number }) {
  if (guard === 'absent')
    return { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: aliases(['pk']) }
  return {
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: aliases(['version']),
    ExpressionAttributeValues: { ':version': { N: String(guard.version) } },
  }
}

function conflict(
  tableName: string,
  { pk, sk }: Key,
  guard: TableGuard,
  cause: ConditionalCheckFailedException,
): Fault {
  const version = cause.Item?.version?.N
  const found = version === undefined ? 'is absent' : `has version ${version}`
  const wanted = typeof guard === 'string' ? 'it to be absent' : `version ${guard.version}`
  return new Fault(
    'conflict',
    `item ${pk} / ${sk} in table ${tableName} ${found}, the write expects ${wanted}: read it again`,
    { cause },
  )
}
