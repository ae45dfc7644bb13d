import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchBrowser, overflow } from './support/browser.ts'
import { digest } from './support/stub-answers.ts'
import { jobId, stubHealth, stubJob, stubRecipe, stubSummary } from './support/stub-job.ts'
import { stubSeries } from './support/stub-metrics.ts'
import { dashboardOf, jobAnswers, runningCurve, stubJobs } from './support/stub-project.ts'
import { problem } from './support/stub-server.ts'
import { chart, eventually, pixelsOf, plot, stubTabs } from './support/stub-tabs.ts'

const id = jobId(1)
const path = `/jobs/${id}`
const ended = stubJob({ status: 'succeeded', finished_at: '2026-11-21T03:00:00.000Z' })
const dashboard = 'GET /api/v1/monitoring/dashboard'

describe.skipIf(!chromiumPath)('pages of jobs (needs Chromium; CHROMIUM_PATH says where)', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  const open = stubTabs(() => browser)

  it('the list shows progress, health in words and cost, filters, and takes new jobs in by itself', async () => {
    let jobs: object[] = stubJobs()
    const { page, complaints } = await open('/jobs', { [dashboard]: () => ({ body: dashboardOf(jobs) }) })
    const row = page.getByRole('row', { name: id })
    for (const text of ['running', '35', 'critical', '$3.40', '1,240 / 2,000'])
      await row.getByText(text).first().waitFor()
    await page.getByRole('button', { name: 'failed 1' }).click()
    expect(await page.getByRole('row').count()).toBe(2)
    await page.getByText('total_loss is NaN at step 31').waitFor()
    await page.getByRole('button', { name: 'all 5' }).click()
    await page.keyboard.press('/')
    await page.keyboard.type('nothing like it')
    await page.getByText('None of the 5 jobs').waitFor()
    await page.getByPlaceholder('recipe, id or message').fill('')
    jobs = [stubSummary(jobId(9), { recipe: { name: 'brand-new', version: 1 } }), ...jobs]
    await page.getByRole('link', { name: 'brand-new v1' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('an empty list says how to begin; a server that fails is named and asked again', async () => {
    let fails = true
    const answers = {
      [dashboard]: () => (fails ? problem(503, 'unavailable', 'the table is throttled') : { body: dashboardOf([]) }),
    }
    const { page } = await open('/jobs', answers, {}, [/503/])
    await page.getByRole('alert').getByText('the table is throttled').waitFor()
    fails = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('sluice jobs submit RECIPE').waitFor()
  })

  it('a job without points says so; an error of its metrics does not take the page away', async () => {
    const none = {
      [`GET /v1${path}/metrics`]: () => ({ body: { series: [], next: null } }),
      [`GET /v1${path}/metrics/branches`]: () => ({ body: { branches: [] } }),
    }
    const { page } = await open(path, jobAnswers(ended, runningCurve, none))
    await page.getByText('No metric is stored yet').waitFor()
    const broken = { [`GET /v1${path}/metrics`]: () => problem(500, 'internal', 'a chunk cannot be read') }
    const { page: other } = await open(path, jobAnswers(ended, runningCurve, broken), {}, [/500/])
    await other.getByRole('alert').getByText('a chunk cannot be read').waitFor()
    await other.getByRole('heading', { name: 'arith-grpo' }).waitFor()
  })

  it('two jobs are chosen by keyboard and compared: curves by job, summary, what differs in their recipes', async () => {
    const second = stubJob(
      { status: 'succeeded', health: undefined, recipe: { name: 'arith-grpo', version: 2, digest: digest('4') } },
      jobId(2),
    )
    const curves = { [id]: runningCurve, [jobId(2)]: { ...runningCurve, steps: 900 } }
    const { page, complaints } = await open('/jobs', {
      ...jobAnswers(second, { ...runningCurve, steps: 900 }),
      ...jobAnswers(stubJob()),
      [dashboard]: () => ({ body: dashboardOf(stubJobs()) }),
      'GET /v1/recipes/arith-grpo': ({ url }) => ({
        body: stubRecipe(url.searchParams.get('version') === '2' ? { seed: 7 } : {}),
      }),
      'GET /v1/metrics/compare': ({ url }) => ({
        body: {
          jobs: Object.entries(curves).map(([job, curve]) => ({ job, series: stubSeries(curve, url.searchParams) })),
        },
      }),
    })
    for (const each of [id, jobId(2)]) {
      await page.getByRole('checkbox', { name: each }).focus()
      await page.keyboard.press('Space')
    }
    await page.getByText('2 jobs chosen').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Compare' }).focus()
    await page.keyboard.press('Enter')
    await eventually(async () => Number(await plot(page, 'total_loss').getAttribute('data-points'))).toBeGreaterThan(
      800,
    )
    for (const colour of ['--series-1', '--series-2'])
      expect(await pixelsOf(page, 'reward_mean', colour)).toBeGreaterThan(100)
    await chart(page, 'reward_mean').getByRole('button', { name: 'arith-grpo v2 00002' }).waitFor()
    const config = page.getByRole('region', { name: 'Configuration', exact: true })
    await config.getByRole('row', { name: /^seed 1 7$/ }).waitFor()
    expect(await config.getByRole('row').count()).toBe(2)
    await config.getByRole('checkbox').check()
    await config.getByRole('row', { name: /^stages\[1\]\.hyperparameters\.beta/ }).waitFor()
    await page.getByRole('region', { name: 'The jobs side by side' }).getByText('$12.75').waitFor()
    expect(complaints).toEqual([])
  })

  it('actions ask first, and say what they did', async () => {
    const done: unknown[] = []
    const { page } = await open(
      path,
      {
        ...jobAnswers(stubJob()),
        [`POST /v1${path}/cancel`]: ({ body }) => {
          done.push(body)
          return { status: 202, body: stubJob() }
        },
        [`POST /v1${path}/metrics/sync`]: () => ({ body: { segments: 2, rows: 40, points: 520, last_step: 1240 } }),
        [`POST /v1${path}/diagnose`]: () => ({
          body: { job: id, health: stubHealth({ high: 1 }), anomalies: [], steps: 1240, rules_version: 1 },
        }),
      },
      {},
      [/404/],
    )
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.getByRole('button', { name: 'Keep as it is' }).click()
    expect(done).toEqual([])
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.getByLabel('Why (optional)').fill('too slow')
    await page.getByRole('button', { name: 'Cancel the job' }).click()
    await page.getByText('The job is being cancelled.').waitFor()
    expect(done).toEqual([{ reason: 'too slow' }])
    await page.getByRole('button', { name: 'Sync' }).click()
    await page.getByText('Read 2 segments: 40 rows, 520 points. The newest step is 1,240.').waitFor()
    await page.getByRole('button', { name: 'Diagnose' }).click()
    await page.getByText('health 70 (warning)').waitFor()
  })

  it('log, recipe and history', async () => {
    const { page, complaints } = await open(`${path}/logs`, jobAnswers(ended))
    const log = page.getByRole('region', { name: 'Output of the trainer' })
    await log.getByText('[step 299]').waitFor()
    expect(await log.evaluate((box) => box.scrollTop + box.clientHeight >= box.scrollHeight - 8)).toBe(true)
    await page.getByPlaceholder('lines that contain').fill('step 42]')
    await page.getByText('1 of 300 lines').waitFor()
    await page.getByRole('link', { name: 'Config' }).click()
    await page.getByText('prompts_per_step:').waitFor()
    await page.getByPlaceholder('key or value').fill('learning_rate')
    await page.getByText('stages[1].hyperparameters.learning_rate:').waitFor()
    await page.getByRole('link', { name: 'History' }).click()
    await page.getByText('the job was started').waitFor()
    expect(complaints).toEqual([])
  })

  it('a file of the metrics is written on demand and can be loaded', async () => {
    const asked: unknown[] = []
    const { page } = await open(path, {
      ...jobAnswers(ended),
      [`POST /v1${path}/metrics/export`]: ({ body }) => {
        asked.push(body)
        return { status: 201, body: { url: '/blobs/x', format: 'parquet', rows: 1240, bytes: 51200 } }
      },
    })
    await page.getByRole('button', { name: 'Parquet' }).click()
    await page.getByRole('link', { name: 'Download 1,240 rows as Parquet, 50 KiB' }).waitFor()
    expect(asked).toEqual([{ format: 'parquet', stage: 1 }])
  })

  it('the keys are listed, and p and r do what they say', async () => {
    const { page } = await open(path, jobAnswers(stubJob()), {}, [/404/])
    await plot(page, 'Loss').waitFor()
    await page.keyboard.press('?')
    const keys = page.getByRole('dialog', { name: 'Keys' })
    await keys.getByText('reset the zoom').waitFor()
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'hidden' })
    await page.keyboard.press('p')
    await eventually(() => page.getByRole('button', { name: 'paused' }).getAttribute('aria-pressed')).toBe('true')
    await plot(page, 'Loss').focus()
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
    await page.keyboard.press('+')
    await page.getByRole('button', { name: 'Whole run' }).waitFor()
    await page.keyboard.press('r')
    await eventually(() => page.getByRole('button', { name: 'Whole run' }).count()).toBe(0)
  })

  it.each([
    ['light', 'light'],
    ['dark', 'dark'],
  ] as const)('nothing scrolls sideways at 360 pixels, in %s mode', async (_, colorScheme) => {
    const { page } = await open(
      '/jobs',
      { ...jobAnswers(stubJob()), [dashboard]: () => ({ body: dashboardOf(stubJobs()) }) },
      {
        viewport: { width: 360, height: 740 },
        colorScheme,
      },
      [/404/],
    )
    for (const [where, text] of [
      ['/jobs', 'sums-sft'],
      [path, '1,240 records'],
      [`${path}/attempts`, 'its host was taken back'],
      [`${path}/logs`, '[step 299]'],
      [`${path}/config`, 'prompts_per_step'],
      [`${path}/history`, 'the job was started'],
    ] as const) {
      await page.goto(new URL(where, page.url()).href)
      await page.getByText(text).first().waitFor()
      expect(await overflow(page), where).toBe(0)
    }
  })
})
