import type { Platform } from '../../../core/platform/ports.ts'
import { createTestApi } from './test-api.ts'

/** The API, and calls of MLflow's protocol. */
export function createMlflowApi(broken: Partial<Platform> = {}) {
  const api = createTestApi(broken)
  return {
    ...api,
    post: (endpoint: string, body: unknown, token = 'all') =>
      api.call('POST', `/api/2.0/mlflow/${endpoint}`, { body, token }),
    read: (endpoint: string, query: Record<string, string> = {}, token = 'all') =>
      api.call('GET', `/api/2.0/mlflow/${endpoint}?${new URLSearchParams(query)}`, { token }),
  }
}
