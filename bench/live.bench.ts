import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Load } from './live-server.ts'
import type { Viewers } from './live-viewers.ts'
import { percentile } from './percentile.ts'

const everyMs = 100

/**
 * 200 viewers of one job, ten updates a second of one row with 20 metrics each, for 20 s: from the moment a write was accepted by the
 * store to the moment the event is at the viewer. Server, viewers and this program are processes of their own. Then 20 viewers that read
 * nothing beside 20 that do, with updates of 100 KB, so that the operating system cannot hold what they do not take.
 */
export default async function live(): Promise<object> {
  const plain = await run({ reading: 200, stalled: 0 }, { updates: 200, everyMs, rows: 1 })
  const stalled = await run({ reading: 20, stalled: 20 }, { updates: 200, everyMs, rows: 250 })
  return {
    viewers: 200,
    updates_per_second: 1000 / everyMs,
    p50_ms: percentile(plain.delays, 0.5),
    p99_ms: percentile(plain.delays, 0.99),
    max_ms: percentile(plain.delays, 1),
    lost: plain.lost,
    rss_growth_mb: plain.rssGrowthMb,
    rss_growth_stalled_mb: stalled.rssGrowthMb,
    p99_stalled_ms: percentile(stalled.delays, 0.99),
    lost_stalled: stalled.lost,
    conditions: `embedded server, Node ${process.version}, ${availableParallelism()} processors, loopback, SQLite on disk`,
  }
}

async function run(who: Pick<Viewers, 'reading' | 'stalled'>, load: Load) {
  const server = fork(new URL('live-server.ts', import.meta.url))
  const viewers = fork(new URL('live-viewers.ts', import.meta.url))
  try {
    const place = await answer<Pick<Viewers, 'url' | 'token' | 'job'>>(server)
    viewers.send({ ...place, ...who })
    await answer(viewers)
    await sleep(1_000)
    server.send(load)
    const { accepted, rssGrowth } = await answer<{ accepted: number[]; rssGrowth: number }>(server)
    await sleep(2_000)
    viewers.send('tell')
    const arrivals = (await answer<[number, number][][]>(viewers)).map((each) => new Map(each))
    const delays = arrivals.flatMap((seen) =>
      accepted.flatMap((at, update) => {
        const arrived = seen.get(update * load.rows + 1)
        return arrived === undefined ? [] : [(arrived - at) / 1e6]
      }),
    )
    const lost = arrivals.length * accepted.length - delays.length
    return { delays, lost, rssGrowthMb: Math.round((rssGrowth / 2 ** 20) * 10) / 10 }
  } finally {
    for (const child of [server, viewers]) child.disconnect()
    await once(server, 'exit')
  }
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T]
  return message
}
