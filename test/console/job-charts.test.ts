import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchBrowser } from './support/browser.ts'
import { jobId, stubAnomalies, stubJob } from './support/stub-job.ts'
import { stubRows } from './support/stub-metrics.ts'
import { jobAnswers, runningCurve } from './support/stub-project.ts'
import { stubStream } from './support/stub-streams.ts'
import { chart, eventually, pixelsOf, plot, stubTabs } from './support/stub-tabs.ts'

const id = jobId(1)
const path = `/jobs/${id}`
const ended = stubJob({ status: 'succeeded', finished_at: '2026-11-21T03:00:00.000Z' })

describe.skipIf(!chromiumPath)('charts of a job (needs Chromium; CHROMIUM_PATH says where)', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  const open = stubTabs(() => browser)

  it('every family is drawn, KL of two meanings apart, with the NaN marked and nothing inline in the page', async () => {
    const { page, complaints } = await open(path, jobAnswers(ended))
    for (const title of [
      'Loss',
      'Reward',
      'KL to the reference',
      'KL to the old policy',
      'Gradient norm',
      'Throughput',
      'GPU memory',
    ])
      await eventually(async () => Number(await plot(page, title).getAttribute('data-points'))).toBeGreaterThan(300)
    for (const [title, colour] of [
      ['Loss', '--series-1'],
      ['Loss', '--series-2'],
      ['KL to the reference', '--series-1'],
    ] as const)
      expect(await pixelsOf(page, title, colour), `${title} ${colour}`).toBeGreaterThan(150)
    expect(await plot(page, 'KL to the reference').getAttribute('data-odd')).toBe('1')
    await chart(page, 'KL to the reference').getByText('1 place with NaN or infinity').waitFor()
    expect(await pixelsOf(page, 'KL to the reference', '--bad')).toBeGreaterThan(30)
    expect(await plot(page, 'Reward').getAttribute('data-odd')).toBe('0')
    await page.getByText('1,240 records').waitFor()
    expect(complaints).toEqual([])
  })

  it('hovering shows the exact values of that step in every chart', async () => {
    const { page } = await open(
      path,
      jobAnswers(ended, { ...runningCurve, steps: 200, nan: { name: 'kl_ref', step: 100 } }),
    )
    const loss = plot(page, 'Loss')
    await loss.focus()
    await page.keyboard.press('Home')
    for (let presses = 0; presses < 99; presses += 1) await page.keyboard.press('ArrowRight')
    const step = Number(await loss.getAttribute('aria-valuenow'))
    await page.keyboard.press('End')
    expect(await loss.getAttribute('aria-valuenow')).toBe('200')
    expect(step).toBeGreaterThan(90)
    const box = await loss.boundingBox()
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + 60)
    await eventually(() => chart(page, 'Reward').textContent()).toMatch(/step \d+/)
    const shown = await loss.getAttribute('aria-valuetext')
    expect(shown).toMatch(/^total_loss [\d.]+, at step \d+; policy_loss/)
  })

  it('dragging zooms all charts and asks for that range in detail; a double click shows the whole run again', async () => {
    const { page, server } = await open(path, jobAnswers(ended))
    await eventually(() => plot(page, 'Loss').getAttribute('data-to')).toBe('1240')
    const box = (await plot(page, 'Loss').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
    await page.mouse.move(box.x + box.width * 0.5, box.y + 80)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.7, box.y + 90, { steps: 4 })
    await page.mouse.up()
    await eventually(() => page.getByLabel('Steps', { exact: true }).inputValue()).not.toBe('')
    const [from, to] = [
      Number(await page.getByLabel('Steps', { exact: true }).inputValue()),
      Number(await page.getByLabel('to', { exact: true }).inputValue()),
    ]
    expect([from > 450, to < 900, to - from > 150]).toEqual([true, true, true])
    const asked = server.asked
      .filter(({ name, url }) => name === `GET /v1${path}/metrics` && url.searchParams.has('start_step'))
      .at(-1)
    expect([asked?.url.searchParams.get('start_step'), asked?.url.searchParams.get('end_step')]).toEqual([
      String(from),
      String(to),
    ])
    await eventually(() => plot(page, 'GPU memory').getAttribute('data-from')).toBe(String(from))
    await page.getByText(`${to - from + 1} records`).waitFor()
    await plot(page, 'Loss').dblclick()
    await eventually(() => plot(page, 'Reward').getAttribute('data-to')).toBe('1240')
  })

  it('a history of typed steps, smoothing, log scale, families and other metrics', async () => {
    const { page } = await open(path, jobAnswers(ended))
    await page.getByLabel('Steps', { exact: true }).fill('100')
    await page.getByLabel('to', { exact: true }).fill('200')
    await page.keyboard.press('Enter')
    await page.getByText('101 records').waitFor()
    await page.getByRole('button', { name: 'Whole run' }).click()
    await page.getByLabel('Smoothing').fill('0.9')
    await page.getByRole('button', { name: 'Log scale' }).click()
    await chart(page, 'Loss')
      .getByText(/at or below 0: not on a log scale/)
      .waitFor()
    await page.getByRole('button', { name: 'GPU memory', exact: true }).click()
    await eventually(() => chart(page, 'GPU memory').count()).toBe(0)
    await page.getByLabel('Add a chart of another metric').fill('timing')
    await page.keyboard.press('Enter')
    await eventually(async () => Number(await plot(page, 'timing_s/gen').getAttribute('data-points'))).toBeGreaterThan(
      300,
    )
    await page.getByLabel('x axis').selectOption('relative time')
    expect(await pixelsOf(page, 'Reward', '--series-1')).toBeGreaterThan(100)
    await chart(page, 'Reward').getByRole('button', { name: 'Table of Reward' }).click()
    await page.getByRole('region', { name: 'Numbers of Reward' }).getByRole('row').nth(20).waitFor()
    await page.reload()
    expect(await page.getByRole('button', { name: 'Log scale' }).getAttribute('aria-pressed')).toBe('true')
  })

  it('a finding leads to its step on the charts, the worst first, with what to change', async () => {
    const { page } = await open(path, jobAnswers(ended))
    const list = page.getByRole('region', { name: '2 findings' })
    expect((await list.getByRole('listitem').first().textContent()) ?? '').toContain('critical')
    await list.getByText('stages[1].hyperparameters.learning_rate: 5e-7').filter({ visible: true }).waitFor()
    await list.getByRole('button', { name: 'Show on the charts of non finite' }).click()
    await eventually(async () => Number(await plot(page, 'Loss').getAttribute('data-from'))).toBeGreaterThan(900)
    await chart(page, 'Loss').getByText('critical non finite').waitFor()
    await eventually(() => plot(page, 'KL to the reference').getAttribute('aria-valuetext')).toContain('NaN')
  })

  it('live: rows arrive without a new query, a lost stream goes on after its last event, and findings join the list', async () => {
    const streams: ReturnType<typeof stubStream>[] = []
    const { page, server, complaints } = await open(
      path,
      jobAnswers(
        stubJob(),
        { ...runningCurve, steps: 1000 },
        {
          [`GET /v1${path}/live`]: () => {
            streams.push(stubStream())
            return { stream: streams.at(-1)?.stream as ReadableStream<Uint8Array> }
          },
          [`GET /v1${path}/anomalies`]: () => ({ body: { anomalies: [] } }),
        },
      ),
    )
    await page.getByText('● live').waitFor()
    await eventually(() => plot(page, 'Loss').getAttribute('data-to')).toBe('1000')
    const asked = () => server.asked.filter(({ name }) => name === `GET /v1${path}/metrics`).length
    const before = asked()
    streams[0]?.send('metrics', '3.a', stubRows(runningCurve, 2, [1001, 1002, 1003]))
    await eventually(() => plot(page, 'Loss').getAttribute('data-to')).toBe('1003')
    streams[0]?.send('anomaly', '3.b', stubAnomalies[1])
    await page.getByRole('region', { name: '1 finding' }).getByText('non finite').first().waitFor()
    expect(asked()).toBe(before)
    streams[0]?.close()
    await eventually(() => streams.length).toBe(2)
    expect(
      server.asked
        .filter(({ name }) => name === `GET /v1${path}/live`)
        .at(-1)
        ?.headers.get('last-event-id'),
    ).toBe('3.b')
    streams[1]?.send('metrics', '4.a', stubRows(runningCurve, 2, [1004]))
    await eventually(() => plot(page, 'Loss').getAttribute('data-to')).toBe('1004')
    await page.getByRole('button', { name: 'paused' }).click()
    await eventually(() => streams[1]?.isOpen()).toBe(false)
    expect(complaints).toEqual([])
  })

  it('live without streams: polls for what was stored since', async () => {
    const { page, server } = await open(
      path,
      jobAnswers(
        stubJob(),
        { ...runningCurve, steps: 1000 },
        {
          [`GET /v1${path}/metrics`]: ({ url }) => {
            const all = jobAnswers(stubJob(), { ...runningCurve, steps: 1000 })[`GET /v1${path}/metrics`]
            if (!url.searchParams.has('after'))
              return all?.({ url, headers: new Headers(), body: undefined }) ?? { body: null }
            const series = [{ stage: 1, name: 'total_loss', unit: '', points: [[1001, 0.5]] }]
            return { body: { series, next: 'next-2' } }
          },
        },
      ),
      {},
      [/404/],
    )
    await page.getByText('connection lost').waitFor()
    await page.getByText('● polling every 3 s').waitFor({ timeout: 15_000 })
    await eventually(() => plot(page, 'Loss').getAttribute('data-to')).toBe('1001')
    const after = server.asked.filter(
      ({ name, url }) => name === `GET /v1${path}/metrics` && url.searchParams.has('after'),
    )
    expect(after[0]?.url.searchParams.get('after')).toBe('next-1')
  })

  it('playback plays, pauses by closing the stream, and goes on after the last event', async () => {
    const streams: ReturnType<typeof stubStream>[] = []
    const { page, server } = await open(
      path,
      jobAnswers(ended, runningCurve, {
        [`GET /v1${path}/playback`]: () => {
          streams.push(stubStream())
          return { stream: streams.at(-1)?.stream as ReadableStream<Uint8Array> }
        },
      }),
    )
    await page.getByRole('button', { name: 'playback' }).click()
    await eventually(() => streams.length).toBe(1)
    const meta = {
      job: id,
      stage: 1,
      attempt: null,
      start_step: 1,
      end_step: 1240,
      total_rows: 1240,
      names: [],
      recorded_seconds: 60,
      speed: 1,
    }
    streams[0]?.send('meta', 'p.0', meta)
    streams[0]?.send('metrics', 'p.5', stubRows(runningCurve, 2, [1, 2, 3, 4, 5]))
    await page.getByText('step 5 of 1,240').waitFor()
    await eventually(() => plot(page, 'Loss').getAttribute('data-points')).toBe('10')
    expect(await plot(page, 'Loss').getAttribute('data-to')).toBe('1240')
    await page.getByRole('button', { name: 'Pause' }).click()
    await eventually(() => streams[0]?.isOpen()).toBe(false)
    await page.getByLabel('Speed').selectOption('5×')
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await eventually(() => streams.length).toBe(2)
    const { url, headers } = server.asked.filter(({ name }) => name.endsWith('/playback')).at(-1) ?? {}
    expect([url?.searchParams.get('speed'), headers?.get('last-event-id')]).toEqual(['5', 'p.5'])
    streams[1]?.send('metrics', 'p.6', stubRows(runningCurve, 2, [6]))
    streams[1]?.send('end', 'p.7', { rows: 6 })
    await page.getByText('played to its end').waitFor()
    await eventually(() => plot(page, 'Loss').getAttribute('data-points')).toBe('12')
  })

  it('an attempt is drawn over the winning view', async () => {
    const { page, server } = await open(`${path}/attempts`, jobAnswers(ended))
    const first = page.getByRole('region', { name: 'Stage 1' }).getByRole('article', { name: 'Attempt 1' })
    await first.getByText('steps 1 to 600').waitFor()
    await first.getByText('1 line kept aside').click()
    await first.getByText('Traceback (most recent call last):').waitFor()
    await first.getByRole('link', { name: 'Overlay on the charts' }).click()
    await chart(page, 'Loss').getByRole('button', { name: 'total_loss attempt 1' }).waitFor()
    expect(
      server.asked.some(({ url }) => url.searchParams.get('attempt') === '1' && url.searchParams.get('stage') === '1'),
    ).toBe(true)
  })
})
