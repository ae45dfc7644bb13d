import type { Platform } from '../../../core/platform/ports.ts'
import type { Entry } from '../../../functions/lambda/invocation.ts'
import { createTestPlatform, type TestPlatform } from '../../core/support/test-platform.ts'

export interface TestEntry extends Entry {
  /** Every line that was logged, metrics among them. */
  lines: Record<string, unknown>[]
  /** `port.method key` of everything that was written, in order. */
  writes: string[]
}

/** What a Lambda entry is made of, over the embedded drivers; `broken` replaces ports. */
export function testEntry(
  name: string,
  platform: TestPlatform = createTestPlatform(),
  broken: Partial<Platform> = {},
): TestEntry {
  const lines: Record<string, unknown>[] = []
  const writes: string[] = []
  return {
    name,
    stage: 'test',
    platform: { ...recorded(platform, writes), ...broken },
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    lines,
    writes,
  }
}

function recorded(platform: Platform, writes: string[]): Platform {
  const { table, metrics, blobs } = platform
  const recordedTable = (port: string, inner: Platform['table']): Platform['table'] => ({
    get: (key) => inner.get(key),
    query: (query) => inner.query(query),
    put(draft, guard, event) {
      writes.push(`${port}.put ${draft.pk} ${draft.sk}`)
      return inner.put(draft, guard, event)
    },
    delete(key, guard) {
      writes.push(`${port}.delete ${key.pk} ${key.sk}`)
      return inner.delete(key, guard)
    },
  })
  return {
    ...platform,
    table: recordedTable('table', table),
    metrics: recordedTable('metrics', metrics),
    blobs: {
      ...blobs,
      put(key, body, guard) {
        writes.push(`blobs.put ${key}`)
        return blobs.put(key, body, guard)
      },
      delete(key) {
        writes.push(`blobs.delete ${key}`)
        return blobs.delete(key)
      },
    },
  }
}

export const context = { awsRequestId: '8f507cfc-xmpl-4697-b07a-ac58fc914c95' }
