import { cpus } from 'node:os'
import type { Page } from 'playwright-core'
import { chromiumPath, launchBrowser } from '../test/console/support/browser.ts'
import { stubJob } from '../test/console/support/stub-job.ts'
import { type Curve, stubNames, stubRows, stubSeries } from '../test/console/support/stub-metrics.ts'
import { jobAnswers } from '../test/console/support/stub-project.ts'
import { startStubServer } from '../test/console/support/stub-server.ts'
import { stubStream } from '../test/console/support/stub-streams.ts'

const steps = 50_000
const drawn = [
  'total_loss',
  'reward_mean',
  'kl_ref',
  'grad_norm_actor',
  'tokens_per_second',
  'gpu_memory_allocated_gib',
]
const liveSeconds = 10
const updatesPerSecond = 10
const runs = 5

/**
 * From the navigation of a signed-in tab until every chart of a run of 50,000 steps is on its canvas, and frames per second while ten
 * updates a second arrive. Answers are made up and computed before: what is measured is the page.
 */
export default async function consoleBench(): Promise<object> {
  if (!chromiumPath) throw new Error('no Chromium: install it, or say where it is in CHROMIUM_PATH')
  const curve: Curve = { stage: 1, steps, names: stubNames.filter((name) => drawn.includes(name)) }
  const [job, streams] = [stubJob(), [] as ReturnType<typeof stubStream>[]]
  const answer = { series: stubSeries(curve, new URLSearchParams({ buckets: '600' })), next: 'next-1' }
  const server = await startStubServer(
    jobAnswers(job, curve, {
      [`GET /v1/jobs/${job.id}/metrics`]: () => ({ body: answer }),
      [`GET /v1/jobs/${job.id}/live`]: () => {
        streams.push(stubStream())
        return { stream: streams.at(-1)?.stream as ReadableStream<Uint8Array> }
      },
    }),
  )
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 2000 } })
    await page.goto(`${server.url}/jobs#token=abc`)
    await page.getByRole('link', { name: 'arith-grpo' }).waitFor()
    const times: number[] = []
    for (let run = 0; run < runs; run += 1) times.push(await drawTime(page, `${server.url}/jobs/${job.id}`))
    const idle = await framesPerSecond(page, 2)
    const [live] = await Promise.all([framesPerSecond(page, liveSeconds), feed(curve, () => streams.at(-1))])
    const reached = await page.getByRole('figure', { name: 'Loss' }).getByRole('slider').getAttribute('data-to')
    return {
      draw_ms: Math.round(times.sort((left, right) => left - right)[Math.floor(runs / 2)] ?? 0),
      draw_max_ms: Math.round(Math.max(...times)),
      fps_live: live,
      fps_idle: idle,
      last_step: Number(reached),
      steps,
      metrics: curve.names.length,
      conditions: `Chromium without GPU, 1280 x 2000, all charts in view, ${runs} loads with a warm cache, ${updatesPerSecond} updates/s for ${liveSeconds} s; stub server in the same process; ${cpus().length} x ${cpus()[0]?.model.trim()}`,
    }
  } finally {
    await browser.close()
    await server.stop()
  }
}

async function drawTime(page: Page, url: string): Promise<number> {
  await page.goto(url)
  return page.evaluate<number>(
    `new Promise((resolve) => {
      const look = () => {
        const charts = [...document.querySelectorAll('figure [role=slider]')].filter((each) => Number(each.dataset.points) > 500)
        if (charts.length >= ${drawn.length}) resolve(performance.now())
        else requestAnimationFrame(look)
      }
      look()
    })`,
  )
}

function framesPerSecond(page: Page, seconds: number): Promise<number> {
  return page.evaluate<number>(
    `new Promise((resolve) => {
      let frames = 0
      const started = performance.now()
      const count = (now) => {
        frames += 1
        if (now - started < ${seconds * 1000}) requestAnimationFrame(count)
        else resolve(Math.round((10000 * frames) / (now - started)) / 10)
      }
      requestAnimationFrame(count)
    })`,
  )
}

async function feed(curve: Curve, stream: () => ReturnType<typeof stubStream> | undefined): Promise<void> {
  for (let sent = 0; sent < liveSeconds * updatesPerSecond; sent += 1) {
    stream()?.send('metrics', `live.${sent}`, stubRows(curve, 2, [steps + sent + 1]))
    await new Promise((resolve) => setTimeout(resolve, 1000 / updatesPerSecond))
  }
}
