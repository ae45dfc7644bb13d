import { Hono } from 'hono'
import { nothingAt } from './bare-app.ts'

/**
 * Serves everything under these prefixes by routes that load with the first request there: schemas and operations of a group are no
 * part of what a cold start of the API's Lambda loads.
 */
export function mountLazily(app: Hono, prefixes: readonly string[], load: (group: Hono) => Promise<void>): void {
  let loading: Promise<Hono> | undefined
  const loaded = async () => {
    const group = new Hono()
    // Errors and misses are the whole app's to answer.
    group.onError((error) => {
      throw error
    })
    group.notFound((context) => {
      throw nothingAt(context)
    })
    await load(group)
    return group
  }
  for (const prefix of prefixes)
    app.all(`${prefix}/*`, async (context) => {
      loading ??= loaded()
      return (await loading).fetch(context.req.raw, context.env)
    })
}
