import { setTimeout as sleep } from 'node:timers/promises'
import { startLiveServer } from '../test/support/live-jobs.ts'

export interface Load {
  updates: number
  everyMs: number
  /** Of each update, with 20 metrics each. */
  rows: number
}

const names = Array.from({ length: 20 }, (_, i) => `metric_${i}`)

/** The embedded server with one job that goes on, as a process of its own; ends with its parent. Messages: a load to write. */
const test = await startLiveServer()
process.send?.({ url: test.server.url, token: test.server.token, job: test.job })
process.on('message', async ({ updates, everyMs, rows }: Load) => {
  const before = process.memoryUsage().rss
  let rss = before
  const accepted: number[] = []
  const started = performance.now()
  for (let update = 0; update < updates; update++) {
    await sleep(Math.max(0, started + update * everyMs - performance.now()))
    await test.log(
      Array.from({ length: rows }, (_, i) => update * rows + i + 1),
      names,
    )
    accepted.push(Number(process.hrtime.bigint()))
    rss = Math.max(rss, process.memoryUsage().rss)
  }
  process.send?.({ accepted, rssGrowth: rss - before, viewers: test.server.viewers() })
})
process.once('disconnect', () => test.stop().then(() => process.exit(0)))
