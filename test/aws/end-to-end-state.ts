import { createHash } from 'node:crypto'
import { type AttributeValue, paginateScan } from '@aws-sdk/client-dynamodb'
import { paginateListObjectsV2 } from '@aws-sdk/client-s3'
import type { Account } from './end-to-end-account.ts'

/** Everything that the account keeps: each item of both tables with its version, each object with its bytes' ETag. */
export async function stateOf({ dynamo, s3, controlTable, metricsTable, bucket }: Account) {
  const state = new Map<string, unknown>()
  for (const TableName of [controlTable, metricsTable])
    for await (const { Items = [] } of paginateScan({ client: dynamo }, { TableName }))
      for (const item of Items) state.set(`${TableName} ${item.pk?.S} ${item.sk?.S}`, item)
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket }))
    for (const { Key, ETag, LastModified } of Contents) state.set(`s3 ${Key}`, { ETag, LastModified })
  return Object.fromEntries([...state].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** How often an item of the control table was written. */
export async function versionOf({ dynamo, controlTable }: Account, pk: string, sk: string): Promise<number> {
  for await (const { Items = [] } of paginateScan({ client: dynamo }, { TableName: controlTable })) {
    const found: Record<string, AttributeValue> | undefined = Items.find(
      (item) => item.pk?.S === pk && item.sk?.S === sk,
    )
    if (found) return Number(found.version?.N)
  }
  throw new Error(`no item ${pk} / ${sk}`)
}

/** In another order, the same one in every run. */
export function shuffled<T>(items: readonly T[]): T[] {
  const place = (index: number) => createHash('sha256').update(`place ${index}`).digest('hex')
  return items
    .map((item, index) => ({ item, place: place(index) }))
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ item }) => item)
}
