import { Fault } from '../../core/platform/fault.ts'
import type { Operation } from '../../schemas/operations/operation.ts'
import type { Binder } from './bind.ts'

interface Handler {
  handle: (input: never) => Promise<unknown>
  location: ((result: never) => string | undefined) | undefined
  etag: ((input: never) => Promise<string | undefined>) | undefined
}

/**
 * Binds a group of operations whose use cases load with the group's first request: a cold start of the API's Lambda pays for what
 * it answers, not for everything. Operations that stream are left out.
 */
export function bindLazily(
  bind: Binder,
  group: Readonly<Record<string, Operation>>,
  load: (bind: Binder) => Promise<void>,
): void {
  const operations = Object.entries(group).filter(([, operation]) => !operation.streams)
  const handlers = new Map<Operation, Handler>()
  let loading: Promise<void> | undefined

  const loaded = async () => {
    await load((operation, handle, location, etag) => handlers.set(operation, { handle, location, etag }))
    const missing = operations.filter(([, operation]) => !handlers.has(operation)).map(([name]) => name)
    if (missing.length > 0) throw new Fault('internal', `no route serves ${missing.join(', ')}`)
  }
  const handlerOf = async (operation: Operation) => {
    loading ??= loaded()
    await loading
    return handlers.get(operation)
  }
  for (const [, operation] of operations) {
    bind(
      operation,
      async (input) => (await handlerOf(operation))?.handle(input as never) as never,
      (result) => handlers.get(operation)?.location?.(result as never),
      async (input) => (await handlerOf(operation))?.etag?.(input as never),
    )
  }
}
