import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { beforeAll, expect, it } from 'vitest'
import { createDynamoClient, createTable } from '../../adapters/aws/table.ts'
import type { Table } from '../../core/platform/ports.ts'
import { draft, eventOf, ownPartition } from '../contract/table-harness.ts'
import { awsOptions, describeOnMoto, ownName } from '../support/moto.ts'
import { createControlTable } from './table-harness.ts'
import { streamedEvents } from './table-stream.ts'

describeOnMoto('a table whose answers get lost', () => {
  const tableName = ownName('lost')
  let arn: string
  let other: Table
  beforeAll(async () => {
    const client = createDynamoClient(awsOptions())
    arn = await createControlTable(client, tableName)
    other = createTable({ client, tableName })
  })

  function losing(answers: number, meanwhile?: () => Promise<unknown>): { table: Table; sent: () => number } {
    const client = createDynamoClient(awsOptions())
    const sent = loseAnswers(client, answers, meanwhile)
    return { table: createTable({ client, tableName }), sent }
  }

  it('knows its own write when the SDK repeats it, under every guard, and counts it once', async () => {
    const pk = ownPartition()
    expect((await losing(1).table.put(draft(pk, 'a', { n: 1 }), 'absent')).version).toBe(1)
    expect((await losing(2).table.put(draft(pk, 'a', { n: 2 }), { version: 1 })).version).toBe(2)
    expect((await losing(3).table.put(draft(pk, 'a', { n: 3 }), 'any')).version).toBe(3)
    expect((await losing(1).table.put(draft(pk, 'b'), 'any')).version).toBe(1)
    expect(await other.get({ pk, sk: 'a' })).toEqual({ ...draft(pk, 'a', { n: 3 }), version: 3 })
  })

  it('puts the event on the stream once', async () => {
    const pk = ownPartition()
    await losing(2).table.put(draft(pk, 'a'), 'absent', eventOf(pk, `${pk}/1`))
    const { endpoint, ...account } = awsOptions()
    const events = await streamedEvents(account, endpoint, arn)
    expect(events.filter((event) => event.subject === pk)).toEqual([eventOf(pk, `${pk}/1`)])
  })

  it('still tells the write of somebody else from its own', async () => {
    const pk = ownPartition()
    await other.put(draft(pk, 'a'), 'any')
    const first = losing(1, () => other.put(draft(pk, 'a', { other: 1 }), 'any'))
    await expect(first.table.put(draft(pk, 'a'), { version: 1 })).rejects.toMatchObject({ code: 'conflict' })
    const second = losing(1)
    await expect(second.table.put(draft(pk, 'a'), 'absent')).rejects.toThrow(
      'has version 3, the write expects it to be absent',
    )
    expect((await other.get({ pk, sk: 'a' }))?.data).toEqual({ other: 1 })
  })

  it('deletes under a version, and still refuses to delete what was never there', async () => {
    const pk = ownPartition()
    await other.put(draft(pk, 'a'), 'any')
    await losing(1).table.delete({ pk, sk: 'a' }, { version: 1 })
    expect(await other.get({ pk, sk: 'a' })).toBeUndefined()
    await expect(other.delete({ pk, sk: 'a' }, { version: 1 })).rejects.toThrow(
      'is absent, the write expects version 1',
    )
  })

  it('gives up as busy after four attempts, for reads, writes, deletes and queries', async () => {
    const pk = ownPartition()
    const calls: ((table: Table) => Promise<unknown>)[] = [
      (table) => table.get({ pk, sk: 'a' }),
      (table) => table.put(draft(pk, 'a'), 'any'),
      (table) => table.delete({ pk, sk: 'a' }, 'any'),
      (table) => table.query({ pk }),
    ]
    const outcomes = calls.map(async (call) => {
      const { table, sent } = losing(Number.POSITIVE_INFINITY)
      await expect(call(table)).rejects.toMatchObject({ code: 'busy', message: expect.stringContaining(tableName) })
      return sent()
    })
    expect(await Promise.all(outcomes)).toEqual([4, 4, 4, 4])
  })
})

/** DynamoDB does the work, the caller never hears of it. Inside the SDK's retries, so that they see it. */
function loseAnswers(client: DynamoDBClient, answers: number, meanwhile?: () => Promise<unknown>): () => number {
  let sent = 0
  client.middlewareStack.add(
    (next) => async (call) => {
      const answer = await Promise.allSettled([next(call)])
      sent += 1
      if (sent > answers) {
        if (answer[0].status === 'rejected') throw answer[0].reason
        return answer[0].value
      }
      await meanwhile?.()
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    },
    { step: 'deserialize', priority: 'high' },
  )
  return () => sent
}
