import { canonicalMetrics, metricAliases } from '../../schemas/canonical-metrics.ts'
import type { Table } from '../platform/ports.ts'
import { listNames } from './metric-store.ts'
import type { AttemptSeries } from './series-attempt.ts'

const canonicalOrder = new Map<string, number>(Object.keys(canonicalMetrics).map((name, i) => [name, i]))

/** Canonical metrics in the order of the catalogue, then the others by code unit. */
export function inNameOrder(names: Iterable<string>): string[] {
  const place = (name: string) => canonicalOrder.get(name) ?? canonicalOrder.size
  return [...names].sort((a, b) => place(a) - place(b) || (a < b ? -1 : Number(a > b)))
}

/** Which of the stored names are asked for: by themselves, by an alias, or as the trainer of one of the attempts called them. */
export async function storedNames(
  metrics: Table,
  asked: readonly string[] | undefined,
  stored: readonly string[],
  attempts: readonly AttemptSeries[],
): Promise<string[]> {
  if (asked === undefined) return inNameOrder(stored)
  const known = new Set(stored)
  const found = new Set<string>()
  const unknown: string[] = []
  for (const name of asked) {
    const alias = Object.hasOwn(metricAliases, name) ? metricAliases[name] : undefined
    if (known.has(name)) found.add(name)
    else if (alias !== undefined && known.has(alias)) found.add(alias)
    else unknown.push(name)
  }
  if (unknown.length > 0) for (const name of await byNative(metrics, unknown, attempts)) found.add(name)
  return inNameOrder([...found].filter((name) => known.has(name)))
}

async function byNative(
  metrics: Table,
  natives: readonly string[],
  attempts: readonly AttemptSeries[],
): Promise<string[]> {
  const lists = await Promise.all(attempts.map(({ source }) => listNames(metrics, source)))
  return lists.flat().flatMap(({ name, native }) => (natives.includes(native) ? name : []))
}
