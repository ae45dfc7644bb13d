import { Counter, Histogram, type Registry } from 'prom-client'
import { getCursor, type Source } from '../core/metrics/metric-store.ts'
import type { Clock, Table } from '../core/platform/ports.ts'

interface Seen {
  source: Source
  /** That are counted. */
  points: number
  /** Epoch milliseconds of the newest chunk; undefined once its lag is observed. */
  storedAt: number | undefined
}

const maxSources = 1000

/** Points, segments and lag of what is stored of training. Points and lag are read at a scrape, of the sources written since. */
export function measureMetrics(registry: Registry) {
  const sources = new Map<string, Promise<Seen>>()
  const segments = new Counter({
    name: 'sluice_metric_segments_total',
    help: 'Segments of training metrics that were stored since the server started.',
    registers: [registry],
  })

  const points = new Counter({
    name: 'sluice_metric_points_total',
    help: 'Points of training metrics that were stored since the server started.',
    registers: [registry],
  })
  const lag = new Histogram({
    name: 'sluice_ingest_lag_seconds',
    help: "From the trainer's time of an attempt's newest row to its storing, once an attempt and scrape.",
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
    registers: [registry],
  })

  async function firstSeen(metrics: Table, { source, isFirst }: Place): Promise<Seen> {
    const before = isFirst ? 0 : (await getCursor(metrics, source)).points
    return { source, points: before, storedAt: undefined }
  }

  /** The newest sources are kept. One that goes is counted first, and when it comes back is counted on from what is stored. */
  async function remember(metrics: Table, place: Place): Promise<Seen> {
    const seen = sources.get(place.key) ?? firstSeen(metrics, place)
    sources.delete(place.key)
    sources.set(place.key, seen)
    // A source that cannot be read now is read at its next chunk.
    seen.catch(() => sources.delete(place.key))
    const [oldest] = sources
    if (sources.size > maxSources && oldest) {
      sources.delete(oldest[0])
      await count(metrics, await oldest[1])
    }
    return seen
  }

  async function count(metrics: Table, seen: Seen): Promise<void> {
    const { source, storedAt } = seen
    if (storedAt === undefined) return
    seen.storedAt = undefined
    const cursor = await getCursor(metrics, source)
    points.inc(Math.max(0, cursor.points - seen.points))
    seen.points = Math.max(cursor.points, seen.points)
    const seconds = (storedAt - cursor.last_time) / 1000
    if (Number.isFinite(seconds)) lag.observe(Math.max(0, seconds))
  }

  return {
    around: (metrics: Table, clock: Clock): Table => ({
      get: (key) => metrics.get(key),
      query: (query) => metrics.query(query),
      delete: (key, guard) => metrics.delete(key, guard),
      async put(draft, guard, event) {
        const place = chunkPlace(draft.pk, draft.sk)
        if (!place) return metrics.put(draft, guard, event)
        // What cannot be counted is stored all the same.
        const seen = await remember(metrics, place).catch(() => undefined)
        const item = await metrics.put(draft, guard, event)
        if (place.part === 0 && item.version === 1) segments.inc()
        if (seen) seen.storedAt = clock.now().getTime()
        return item
      },
    }),
    /** Reads how far the sources are that were written since. */
    async refresh(metrics: Table): Promise<void> {
      for (const seen of await Promise.all(sources.values())) await count(metrics, seen)
    },
  }
}

interface Place {
  key: string
  source: Source
  isFirst: boolean
  part: number
}

/** Of a chunk's key: `JOB#{owner}` and `M#sss#aaaa#segment#part`. */
function chunkPlace(pk: string, sk: string): Place | undefined {
  const match = /^M#(\d+)#(\d+)#(\d+)#(\d+)$/.exec(sk)
  if (!pk.startsWith('JOB#') || !match) return undefined
  const [stage = 0, attempt = 0, segment = 0, part = 0] = match.slice(1).map(Number)
  const source = { job: pk.slice(4), stage, attempt }
  return { key: `${pk}#${stage}#${attempt}`, source, isFirst: segment === 0, part }
}
