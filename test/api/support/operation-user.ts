import { expect } from 'vitest'
import { type OperationName, operations } from '../../../schemas/api.ts'
import type { TestApi } from './test-api.ts'

/** Uses operations as the table describes them, and remembers which. */
export function operationUser(apiOf: () => TestApi) {
  const called = new Set<string>()

  /** Calls an operation of the table and checks its answer against the table: status and schema. */
  async function use(
    name: OperationName,
    values: Record<string, string> = {},
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const { method, path, status, response } = operations[name]
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => values[key] ?? '')
    const answer = await apiOf().call(method.toUpperCase(), `${filled}${values['?'] ?? ''}`, { body, headers })
    expect(answer.body).toEqual(response.parse(answer.body))
    expect(answer.status).toBe(status)
    called.add(name)
    return answer
  }

  /** The events of a stream, each checked against the table. */
  async function streamed(name: 'watchJob' | 'watchMonitoringJob' | 'playJob' | 'playMonitoringJob', path: string) {
    const answer = await apiOf().call('GET', path)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    called.add(name)
    return [...String(answer.body).matchAll(/^event: (\w+)\nid: (\S+)\ndata: (.+)$/gm)].map(([, event, id, data]) =>
      operations[name].response.parse({ event, id, data: JSON.parse(data ?? '') }),
    )
  }

  return { use, streamed, called }
}
