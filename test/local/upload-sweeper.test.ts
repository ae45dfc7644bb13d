import { expect, it } from 'vitest'
import { sweepUploads } from '../../local/upload-sweeper.ts'
import { createTestPlatform } from '../core/support/test-platform.ts'

const hour = 3_600_000

it('uploads and exports go a day after they came, and nothing else does', async () => {
  const { blobs, clock } = createTestPlatform()
  await blobs.put('uploads/upl-old', 'a', 'any')
  await blobs.put('exports/job-1/points.csv', 'c', 'any')
  await blobs.put('datasets/kept', 'b', 'any')
  const since = (await blobs.head('uploads/upl-old'))?.modifiedAt ?? ''
  const at = (ms: number) => ({ blobs, clock: { ...clock, now: () => new Date(Date.parse(since) + ms) } })
  expect(await sweepUploads(at(23 * hour))).toBe(0)
  expect(await blobs.head('uploads/upl-old')).toBeDefined()
  // The export came a moment later.
  expect(await sweepUploads(at(25 * hour))).toBe(2)
  expect(await blobs.head('uploads/upl-old')).toBeUndefined()
  expect(await blobs.head('exports/job-1/points.csv')).toBeUndefined()
  expect(await blobs.head('datasets/kept')).toBeDefined()
})
