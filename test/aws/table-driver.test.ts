import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { beforeAll, expect, it } from 'vitest'
import { createDynamoClient, createTable } from '../../adapters/aws/table.ts'
import type { Table } from '../../core/platform/ports.ts'
import { draft, eventOf, ownPartition } from '../contract/table-harness.ts'
import { describeOnDynoxide } from '../support/dynoxide.ts'
import { awsOptions, describeOnMoto, ownName } from '../support/moto.ts'
import { createControlTable } from './table-harness.ts'

describeOnMoto('the DynamoDB driver on moto', () => describeDriver(() => awsOptions().endpoint))
describeOnDynoxide('the DynamoDB driver on dynoxide', describeDriver)

function describeDriver(endpoint: () => string): void {
  const tableName = ownName('driver')
  let client: DynamoDBClient
  let table: Table
  beforeAll(async () => {
    const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret' }
    client = createDynamoClient({ region: 'us-east-1', credentials, endpoint: endpoint() })
    await createControlTable(client, tableName)
    table = createTable({ client, tableName })
  })

  async function stored(pk: string) {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: { pk: { S: pk }, sk: { S: 'a' } } }),
    )
    return Item
  }

  it('gives each of many unguarded writers a version of its own', async () => {
    const pk = ownPartition()
    const items = await Promise.all(Array.from({ length: 20 }, (_, n) => table.put(draft(pk, 'a', { n }), 'any')))
    expect(items.map((item) => item.version).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
    expect(await table.get({ pk, sk: 'a' })).toEqual(items.find((item) => item.version === 20))
  })

  it.each(['any', 'absent', { version: 1 }] as const)(
    'stores under guard %j what a pipe and DynamoDB itself read',
    async (guard) => {
      const pk = ownPartition()
      if (typeof guard === 'object') await table.put(draft(pk, 'a'), 'absent')
      const whole = { ...draft(pk, 'a', { n: 1 }), gsi1: { pk: 'g', sk: '1' }, expiresAt: 1_900_000_000 }
      const { version } = await table.put({ ...whole, bytes: Uint8Array.of(1, 2) }, guard, eventOf(pk, 'e1'))
      expect(await stored(pk)).toEqual({
        pk: { S: pk },
        sk: { S: 'a' },
        gsi1pk: { S: 'g' },
        gsi1sk: { S: '1' },
        version: { N: String(version) },
        data: { M: { n: { N: '1' } } },
        bytes: { B: Uint8Array.of(1, 2) },
        expiresAt: { N: '1900000000' },
        token: { S: expect.stringMatching(/^[\w-]{16}$/) },
        event: {
          M: {
            id: { S: 'e1' },
            type: { S: 'job.changed.v1' },
            time: { S: '2026-11-20T10:00:00.000Z' },
            subject: { S: pk },
            data: { S: '{"status":"running"}' },
          },
        },
      })
    },
  )

  it('leaves no event of an earlier write on the item, and nothing else of it', async () => {
    const pk = ownPartition()
    await table.put({ ...draft(pk, 'a'), bytes: Uint8Array.of(1), expiresAt: 1 }, 'any', eventOf(pk, 'e1'))
    await table.put(draft(pk, 'a'), 'any')
    expect(Object.keys((await stored(pk)) ?? {}).sort()).toEqual(['data', 'pk', 'sk', 'token', 'version'])
    await table.put(draft(pk, 'a'), { version: 2 }, eventOf(pk, 'e2'))
    await table.put(draft(pk, 'a'), { version: 3 })
    expect(await stored(pk)).not.toHaveProperty('event')
  })

  it('swaps one large part for another', async () => {
    const pk = ownPartition()
    await table.put({ ...draft(pk, 'a'), bytes: new Uint8Array(300_000) }, 'any')
    const item = await table.put(draft(pk, 'a', { text: 'x'.repeat(300_000) }), 'any')
    expect(await table.get({ pk, sk: 'a' })).toEqual(item)
  })

  it('names the item, both versions and the remedy in a conflict', async () => {
    const pk = ownPartition()
    await table.put(draft(pk, 'META'), 'any')
    await expect(table.put(draft(pk, 'META'), { version: 4 })).rejects.toThrow(
      `item ${pk} / META in table ${tableName} has version 1, the write expects version 4: read it again`,
    )
  })

  it('keeps names that DynamoDB has no place for', async () => {
    const data = { '': 1, '\0': { '': { '': 2 } }, ['__proto__']: 3, constructor: 4 }
    const pk = ownPartition()
    await table.put(draft(pk, 'a', data), 'any')
    expect((await table.get({ pk, sk: 'a' }))?.data).toEqual(data)
  })
}
