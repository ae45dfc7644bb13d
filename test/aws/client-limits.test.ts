import { describe, expect, it } from 'vitest'
import { attemptMs, clientOptions, longestMs, transferMs } from '../../adapters/aws/client-options.ts'
import { type Deployable, manifest } from '../../functions/manifest.ts'

/**
 * The rule: a call is tried again with jitter inside its function's time and then surfaces as `busy`. A function that is cut off says
 * nothing: its caller cannot tell a fault of ours from a throttled table.
 */
describe.each(manifest)('$name', (entry) => {
  it('outlasts the longest call of every client that its grants give it', () => {
    for (const [client, requestMs] of Object.entries(clientsOf(entry)))
      expect(longestMs(requestMs), client).toBeLessThan(entry.timeoutSeconds * 1000)
  })
})

function clientsOf({ grants, timeoutSeconds }: Deployable): Record<string, number> {
  const { table, metrics, blobs, compute, workflows, signer, schedules } = grants
  return {
    ...((table || metrics) && { table: attemptMs.table }),
    ...((compute || workflows || signer || schedules) && { control: attemptMs.control }),
    ...(blobs && { blobs: transferMs(timeoutSeconds) }),
  }
}

it('a large part has its twenty seconds where there are minutes, and five where an answer is due in thirty', () => {
  expect(transferMs(900)).toBe(20_000)
  expect(transferMs(29)).toBeGreaterThanOrEqual(5000)
  expect(longestMs(60_000)).toBeGreaterThan(120_000)
})

it('is what the SDK is told: four attempts, and an attempt ends when its time is up', () => {
  expect(clientOptions(5000)).toEqual({
    maxAttempts: 4,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
  })
})
