import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { chromiumPath, launchBrowser, openTab, overflow } from './support/browser.ts'
import { digest, stubBuild, stubCheck, stubDropped, stubReport } from './support/stub-answers.ts'
import { dashboardOf, jobAnswers } from './support/stub-project.ts'
import { problem, startStubServer } from './support/stub-server.ts'

const build = '/v1/builds/bld-00000000000000000001'
const page = (items: object[], next: string | null = null) => ({ body: { items, next } })

describe.skipIf(!chromiumPath)('states of the pages (needs Chromium; CHROMIUM_PATH says where)', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  async function open(path: string, answers: Parameters<typeof startStubServer>[0], expected: RegExp[] = []) {
    const server = await startStubServer({ 'GET /v1/suites': () => page([]), ...answers })
    const tab = await openTab(browser, {}, expected)
    onTestFinished(async () => {
      await tab.context.close()
      await server.stop()
    })
    await tab.page.goto(`${server.url}${path}#token=abc`)
    return { ...tab, server }
  }

  it('a build under way is asked for again until it ends, and then shows what it made', async () => {
    let asked = 0
    const { page: tab, complaints } = await open('/builds/bld-00000000000000000001', {
      [`GET ${build}`]: () => {
        asked += 1
        if (asked === 1) return { body: stubBuild({ status: 'submitted' }) }
        const progress = { phase: 'near_duplicates', rows: 300, bytes: 150_000, bytes_total: 300_000 }
        if (asked === 2) return { body: stubBuild({ progress }) }
        const outputs = [{ dataset: 'clean', digest: digest('d'), rows: 1080 }]
        return { body: stubBuild({ status: 'succeeded', outputs, dropped: 120 }) }
      },
      [`GET /v1/datasets/clean/versions/${digest('d')}/report`]: () => ({ body: stubReport }),
      [`GET ${build}/dropped`]: ({ url }) =>
        url.searchParams.has('after') ? page(stubDropped(21)) : page(stubDropped(1), 'two'),
    })
    await tab.getByText('Waiting for its turn').waitFor()
    await tab.getByText('near duplicates: 300 rows').waitFor()
    expect(await tab.getByRole('progressbar', { name: 'bytes read' }).getAttribute('value')).toBe('150000')
    await tab.getByRole('link', { name: 'clean' }).waitFor()
    const clean = tab.getByRole('row', { name: /^clean 1,200 1,120 80 6.7%/ })
    expect(await clean.getByRole('listitem').allTextContents()).toEqual(['placeholder 50', 'repeated lines 30'])
    await tab.getByText('20 shown').waitFor()
    await tab.getByRole('button', { name: 'Show more' }).click()
    await tab.getByText('40 shown, that is all').waitFor()
    expect(asked).toBe(3)
    expect(complaints).toEqual([])
  })

  it('text of rows stays text', async () => {
    const { page: tab } = await open('/builds/bld-00000000000000000001', {
      [`GET ${build}`]: () => ({
        body: stubBuild({ status: 'succeeded', outputs: [{ dataset: 'clean', digest: digest('d'), rows: 1080 }] }),
      }),
      [`GET /v1/datasets/clean/versions/${digest('d')}/report`]: () => ({ body: stubReport }),
    })
    await tab.getByText('clean: 1 sample of').click()
    expect(await tab.getByText('TODO: <b>write</b> this answer').filter({ visible: true }).count()).toBe(1)
  })

  it('a failed build says why', async () => {
    const reason = { code: 'no_rows', message: 'no row is left: clean dropped all 1200' }
    const { page: tab } = await open('/builds/bld-00000000000000000001', {
      [`GET ${build}`]: () => ({ body: stubBuild({ status: 'failed', reason }) }),
    })
    await tab.getByRole('alert').getByText(reason.message).waitFor()
  })

  it('a refused build shows every error at its field, and keeps what was typed', async () => {
    const errors = [
      { pointer: '/name', code: 'x', message: 'must be a name', remedy: 'Choose another.' },
      { pointer: '/operators/length/max_tokens', code: 'x', message: 'must be >= 1', remedy: '' },
      { pointer: '/header/x', code: 'x', message: 'of no field', remedy: '' },
    ]
    const {
      page: tab,
      server,
      complaints,
    } = await open(
      '/builds/new',
      { 'GET /v1/datasets': () => page([]), 'POST /v1/builds': () => problem(422, 'invalid', 'three rules', errors) },
      [/422/],
    )
    await tab.getByLabel('Name of the dataset it makes').fill('Bad Name')
    await tab.getByRole('button', { name: 'Start the build' }).click()
    const summary = tab.getByRole('alert')
    for (const { pointer, message } of errors)
      await summary.getByRole('listitem').filter({ hasText: message }).filter({ hasText: pointer }).waitFor()
    const name = tab.getByLabel('Name of the dataset it makes')
    expect(await name.inputValue()).toBe('Bad Name')
    expect(await name.getAttribute('aria-invalid')).toBe('true')
    const described = (await name.getAttribute('aria-describedby')) ?? ''
    expect(await tab.locator(`[id="${described}"]`).textContent()).toContain('must be a name → Choose another.')
    expect(await tab.getByLabel('most tokens').getAttribute('aria-invalid')).toBe('true')
    expect(await tab.getByLabel('Seed').getAttribute('aria-invalid')).toBe('false')
    // The same request again has the same key: a lost answer makes no second build. Another request has another.
    await tab.getByRole('button', { name: 'Start the build' }).click()
    await expect.poll(() => server.asked.filter((each) => each.name === 'POST /v1/builds').length).toBe(2)
    await tab.getByLabel('Seed').fill('7')
    await tab.getByRole('button', { name: 'Start the build' }).click()
    await expect.poll(() => server.asked.filter((each) => each.name === 'POST /v1/builds').length).toBe(3)
    const keys = server.asked
      .filter((each) => each.name === 'POST /v1/builds')
      .map(({ headers }) => headers.get('idempotency-key'))
    expect([keys[0] === keys[1], keys[1] === keys[2]]).toEqual([true, false])
    expect(complaints).toEqual([])
  })

  it('a token that is no longer good leads to the sign-in with the reason, and back to the page', async () => {
    let isGood = true
    const { page: tab, complaints } = await open(
      '/builds',
      {
        'GET /v1/builds': () => (isGood ? page([]) : problem(401, 'unauthenticated', 'the token was replaced')),
        'GET /v1/datasets': () => page([]),
      },
      [/401/],
    )
    await tab.getByText('No build yet').waitFor()
    isGood = false
    await tab.reload()
    await tab.getByRole('status').getByText('the token was replaced').waitFor()
    expect(await tab.evaluate<string | null>("sessionStorage.getItem('sluice.token')")).toBeNull()
    isGood = true
    await tab.getByLabel('Access token').fill('better')
    await tab.keyboard.press('Enter')
    await tab.getByText('No build yet').waitFor()
    expect(new URL(tab.url()).pathname).toBe('/builds')
    expect(complaints).toEqual([])
  })

  it('a server that went away is named, and asked again on demand', async () => {
    const { page: tab } = await open('/jobs', { 'GET /api/v1/monitoring/dashboard': () => ({ body: dashboardOf([]) }) })
    await tab.getByText('No job yet').waitFor()
    await tab.route('**/v1/builds*', (route) => route.abort())
    await tab.getByRole('link', { name: 'Builds' }).click()
    await tab.getByText('The server does not answer').waitFor()
    await tab.unroute('**/v1/builds*')
    await tab.route('**/v1/builds*', (route) => route.fulfill({ json: { items: [], next: null } }))
    await tab.getByRole('button', { name: 'Try again' }).click()
    await tab.getByText('No build yet').waitFor()
  })

  it('an answer of something in between that is no problem document is still shown', async () => {
    const { page: tab } = await open('/jobs', { 'GET /api/v1/monitoring/dashboard': () => ({ body: dashboardOf([]) }) })
    await tab.route('**/v1/builds*', (route) => route.fulfill({ status: 502, body: '<h1>Bad gateway</h1>' }))
    await tab.getByRole('link', { name: 'Builds' }).click()
    await tab.getByText('HTTP 502').waitFor()
    await tab.getByText('<h1>Bad gateway</h1>').waitFor()
  })

  it('preflight: grouped, the failed first, filtered by a link, with words for every colour', async () => {
    const job = {
      id: 'job-00000000000000000001',
      status: 'refused',
      run: 1,
      profile: 'prod',
      recipe: { name: 'math', version: 3, digest: digest('5') },
      base_model: { id: 'tiny', digest: digest('6') },
      datasets: { stages: [], evaluation: { name: 'gsm8k', digest: digest('7'), rows: 9 } },
      stages: [],
      labels: {},
      created_at: '2026-11-21T02:00:00.000Z',
      updated_at: '2026-11-21T02:00:00.000Z',
    }
    const subject = `orchard@${digest('a')}`
    const checks = [
      stubCheck('format', subject, 'pass'),
      stubCheck('leak', subject, 'warn'),
      stubCheck('truncation', subject, 'fail'),
    ]
    const round1 = {
      round: 'round1',
      job: job.id,
      ts: job.created_at,
      pass: false,
      checks,
      files: { weights: digest('9') },
    }
    const { page: tab, complaints } = await open(
      `/jobs/${job.id}/preflight`,
      {
        ...jobAnswers(),
        [`GET /v1/jobs/${job.id}`]: () => ({ body: job }),
        [`GET /v1/jobs/${job.id}/preflight`]: () => ({ body: { round1, round2: null } }),
        [`GET /v1/jobs/${job.id}/ticket`]: () => problem(404, 'not_found', 'it is refused; see its checks'),
      },
      [/404/],
    )
    const round = tab.getByRole('region', { name: 'Round 1: the data' })
    const items = round.locator('li:has(b)')
    await items.first().waitFor()
    const texts = await items.allTextContents()
    expect(texts.map((each) => each.slice(0, 14))).toEqual(['✗failtruncatio', '!warnleak0 lim', '✓passformat0 l'])
    const failed = await items.first().textContent()
    for (const part of ['0.31', 'at most 0.05', 'are cut off', 'raise max_length', 'row 4: 2311 tokens'])
      expect(failed).toContain(part)
    expect(await tab.getByText('row 4: 2311 tokens').count()).toBe(2)
    await tab.getByRole('button', { name: 'warn 1' }).click()
    await expect.poll(() => items.count()).toBe(1)
    expect(tab.url()).toContain('show=warn')
    await tab.getByRole('region', { name: 'The ticket' }).getByText('it is refused; see its checks').waitFor()
    await tab.getByRole('region', { name: 'Round 2' }).getByText('has not run').waitFor()
    expect(complaints).toEqual([])
  })

  it('a long row opens in a dialog, Esc closes it, and the focus goes back', async () => {
    const { page: tab } = await open('/builds/bld-00000000000000000001', {
      [`GET ${build}`]: () => ({ body: stubBuild({ status: 'succeeded', dropped: 20 }) }),
      [`GET ${build}/dropped`]: () => page(stubDropped(1)),
    })
    const button = tab.getByRole('button', { name: 'whole row 3', exact: true })
    await button.focus()
    await tab.keyboard.press('Enter')
    await tab.getByRole('dialog', { name: 'Row 3 of orchard: placeholder' }).waitFor()
    await tab.keyboard.press('Escape')
    await expect.poll(() => tab.getByRole('dialog').count()).toBe(0)
    expect(await button.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true)
  })

  it('nothing scrolls sideways at 360 pixels', async () => {
    const name = 'a-very-long-name-of-a-dataset-that-nobody-would-type-by-hand-ok'
    const progress = { phase: 'near_duplicates', rows: 300, bytes: 1, bytes_total: 2 }
    const { page: tab } = await open('/datasets', {
      'GET /v1/datasets': () => page([{ name, latest: digest('a'), updated_at: '2026-11-21T02:00:00.000Z' }]),
      'GET /v1/builds': () => page([stubBuild({ progress })]),
      [`GET ${build}`]: () => ({ body: stubBuild({ status: 'succeeded', dropped: 20 }) }),
      [`GET ${build}/dropped`]: () => page(stubDropped(1)),
    })
    await tab.setViewportSize({ width: 360, height: 740 })
    for (const [path, text] of [
      ['/datasets', name],
      ['/builds', 'bld-'],
      ['/builds/new', 'near duplicates'],
      ['/builds/bld-00000000000000000001', 'Rows left out'],
      ['/nowhere', 'no such page'],
    ]) {
      await tab.goto(new URL(path ?? '', tab.url()).href)
      await tab
        .getByText(text ?? '')
        .first()
        .waitFor()
      expect(await overflow(tab), path).toBe(0)
    }
  })
})
