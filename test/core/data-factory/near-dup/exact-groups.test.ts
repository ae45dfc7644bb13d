import { expect, it } from 'vitest'
import { eachExactDuplicate, exactWidth } from '../../../../core/data-factory/near-dup/exact-groups.ts'
import { createPartitionFiles } from '../../../../core/data-factory/near-dup/partition-files.ts'
import { createMemoryScratch } from '../../../support/memory-scratch.ts'

async function duplicates(keys: number[][]): Promise<[number, number][]> {
  const files = createPartitionFiles(await createMemoryScratch().open(), 'exact', 2, exactWidth)
  for (const [row, key] of keys.entries()) if (files.put(row & 1, [...key, row])) await files.flush(row & 1)
  await files.flushAll()
  const found: [number, number][] = []
  await eachExactDuplicate(files, 2, (first, row) => found.push([first, row]))
  return found
}

it('takes rows for equal only when all 16 bytes of their keys are', async () => {
  const keys = [
    [1, 2, 3, 4],
    [9, 2, 3, 4],
    [1, 9, 3, 4],
    [1, 2, 9, 4],
    [1, 2, 3, 9],
    [1, 2, 3, 4],
  ].flatMap((key) => [key, key])
  expect(await duplicates(keys)).toEqual([
    [0, 10],
    [1, 11],
  ])
})

it('finds each among more keys than the table begins with, many of one hash', async () => {
  const key = (n: number) => [7, n % 50, n, n * 3]
  const distinct = Array.from({ length: 8_000 }, (_, n) => key(n))
  const found = await duplicates([...distinct, ...distinct])
  expect(found.length).toBe(8_000)
  expect(found.every(([first, row]) => row === first + 8_000)).toBe(true)
})
