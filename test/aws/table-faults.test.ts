import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  InternalServerError,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import { clientOptions } from '../../adapters/aws/client-options.ts'
import { createDynamoClient, createTable } from '../../adapters/aws/table.ts'
import { encodeCursor } from '../../core/platform/table-cursor.ts'
import { draft, eventOf } from '../contract/table-harness.ts'

const tableName = 'control'
const account = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }

function mocked() {
  const client = new DynamoDBClient(account)
  return { dynamo: mockClient(client), table: createTable({ client, tableName }) }
}

function awsError(name: string, message = 'as AWS words it', httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode, attempts: 4 } })
}

function stored(sk: string, more: Record<string, AttributeValue> = {}): Record<string, AttributeValue> {
  return { pk: { S: 'p' }, sk: { S: sk }, version: { N: '1' }, data: { M: {} }, ...more }
}

describe('what DynamoDB answers', () => {
  it.each([
    awsError('ProvisionedThroughputExceededException'),
    awsError('ThrottlingException'),
    awsError('RequestLimitExceeded'),
    awsError('TimeoutError', 'no answer', 0),
    awsError('UnknownError', 'bad gateway', 502),
    new InternalServerError({ message: 'oops', $metadata: { httpStatusCode: 500 } }),
    Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' }),
  ])('$name is busy, once the SDK gave up', async (error) => {
    const { dynamo, table } = mocked()
    dynamo.rejects(error)
    const calls = [
      table.get({ pk: 'p', sk: 'a' }),
      table.put(draft('p', 'a'), 'any'),
      table.put(draft('p', 'a'), 'absent'),
      table.delete({ pk: 'p', sk: 'a' }, 'any'),
      table.query({ pk: 'p' }),
    ]
    for (const call of await Promise.allSettled(calls))
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'busy', cause: error } })
  })

  it('names the table that does not exist, and the action that is not allowed, as internal', async () => {
    const { dynamo, table } = mocked()
    dynamo.on(GetItemCommand).rejects(awsError('ResourceNotFoundException'))
    dynamo.on(QueryCommand).rejects(awsError('AccessDeniedException', 'not authorized to perform dynamodb:Query'))
    await expect(table.get({ pk: 'p', sk: 'a' })).rejects.toMatchObject({
      code: 'internal',
      message: 'table control or an index of it does not exist in this account and region: deploy it',
    })
    await expect(table.query({ pk: 'p' })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('dynamodb:Query'),
    })
  })

  it('a validation error blames the draft or the cursor that was given, else the driver', async () => {
    const { dynamo, table } = mocked()
    dynamo.rejects(awsError('ValidationException', 'strange'))
    const cursor = encodeCursor(tableName, { pk: 'p' }, ['a'])
    await expect(table.put(draft('p', 'a'), 'absent')).rejects.toMatchObject({ code: 'invalid' })
    await expect(table.query({ pk: 'p', cursor })).rejects.toMatchObject({ code: 'invalid' })
    await expect(table.query({ pk: 'p' })).rejects.toMatchObject({ code: 'internal' })
    await expect(table.get({ pk: 'p', sk: 'a' })).rejects.toMatchObject({ code: 'internal' })
  })

  it('an item that DynamoDB counts larger than the driver does is too large', async () => {
    const { dynamo, table } = mocked()
    dynamo
      .on(PutItemCommand)
      .rejects(awsError('ValidationException', 'Item size has exceeded the maximum allowed size'))
      .on(UpdateItemCommand)
      .rejects(awsError('ValidationException', 'Item size to update has exceeded the maximum allowed size'))
    await expect(table.put(draft('p', 'a'), 'absent')).rejects.toMatchObject({ code: 'too_large' })
    await expect(table.put(draft('p', 'a'), 'any')).rejects.toMatchObject({ code: 'too_large' })
  })

  it('an item of somebody else is corrupt, not half an item', async () => {
    const { dynamo, table } = mocked()
    dynamo.on(GetItemCommand).resolves({ Item: { pk: { S: 'p' }, sk: { S: 'a' }, version: { N: '1' } } })
    dynamo.on(QueryCommand).resolves({ Items: [stored('a', { data: { M: { set: { SS: ['x'] } } } })] })
    await expect(table.get({ pk: 'p', sk: 'a' })).rejects.toMatchObject({ code: 'corrupt' })
    await expect(table.query({ pk: 'p' })).rejects.toMatchObject({ code: 'corrupt' })
  })
})

describe('pages that end at 1 MB', () => {
  const next = { pk: { S: 'p' }, sk: { S: 'b' } }

  it('give a cursor when an item follows, and none when the look-ahead finds nothing', async () => {
    const { dynamo, table } = mocked()
    dynamo.on(QueryCommand, { Limit: 101 }).resolves({ Items: [stored('a'), stored('b')], LastEvaluatedKey: next })
    dynamo
      .on(QueryCommand, { Limit: 1, ExclusiveStartKey: next })
      .resolvesOnce({ Items: [stored('c')] })
      .resolves({ Items: [] })
    expect(await table.query({ pk: 'p' })).toMatchObject({
      items: [{ sk: 'a' }, { sk: 'b' }],
      cursor: expect.any(String),
    })
    expect(await table.query({ pk: 'p' })).not.toHaveProperty('cursor')
  })

  it('go on from the last item that was given, not from the one that was looked ahead to', async () => {
    const { dynamo, table } = mocked()
    dynamo.on(QueryCommand).resolves({ Items: [stored('a'), stored('b'), stored('c')], LastEvaluatedKey: next })
    const { items, cursor = '' } = await table.query({ pk: 'p', limit: 2 })
    expect(items.map((item) => item.sk)).toEqual(['a', 'b'])
    await table.query({ pk: 'p', limit: 2, cursor })
    expect(dynamo.commandCalls(QueryCommand).at(-1)?.args[0].input.ExclusiveStartKey).toEqual(next)
  })
})

describe('requests', () => {
  it('read with strong consistency from the table, and from an index as it is', async () => {
    const { dynamo, table } = mocked()
    dynamo.resolves({})
    await table.get({ pk: 'p', sk: 'a' })
    await table.query({ pk: 'p' })
    await table.query({ pk: 'p', index: 'gsi1' })
    const inputs = dynamo.calls().map((call) => call.args[0].input as { ConsistentRead?: boolean })
    expect(inputs.map((input) => input.ConsistentRead)).toEqual([true, true, undefined])
  })

  it('do not leave for an event on a table that publishes none, or for a range that holds nothing', async () => {
    const client = new DynamoDBClient(account)
    const dynamo = mockClient(client)
    const metrics = createTable({ client, tableName: 'metrics', publishes: false })
    await expect(metrics.put(draft('p', 'a'), 'any', eventOf('p', '1'))).rejects.toThrow(
      'table metrics publishes no events',
    )
    expect(await metrics.query({ pk: 'p', sk: { from: 'b', to: 'a' } })).toEqual({ items: [] })
    expect(dynamo.calls()).toHaveLength(0)
  })

  it('end when no answer comes in time', async () => {
    const silent = createServer(() => {})
    const endpoint = await listen(silent)
    const client = createDynamoClient({ ...account, ...clientOptions(50), endpoint })
    const table = createTable({ client, tableName })
    await expect(table.get({ pk: 'p', sk: 'a' })).rejects.toThrow('ETIMEDOUT after 4 attempts')
    silent.closeAllConnections()
    silent.close()
    await expect(table.get({ pk: 'p', sk: 'a' })).rejects.toThrow('ECONNREFUSED after 4 attempts')
  })
})

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
