import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { DatasetVersion } from '../../schemas/dataset.ts'
import { prepareProject, submitSample } from '../support/api.ts'
import { finished } from '../support/local-server.ts'
import { chromiumPath, launchBrowser, openTab, overflow } from './support/browser.ts'
import { type ConsoleServer, register, shopRows, startConsoleServer } from './support/console-server.ts'

describe.skipIf(!chromiumPath)('the console on the embedded server (needs Chromium; CHROMIUM_PATH says where)', () => {
  let browser: Browser
  let server: ConsoleServer
  let first: DatasetVersion
  let second: DatasetVersion

  beforeAll(async () => {
    server = await startConsoleServer()
    first = await register(server, 'orchard', shopRows(0, 60), { taint: ['unreviewed'] })
    const changed = shopRows(10, 90).map((row, index) =>
      index === 3 ? { ...row, completion: 'Sort them by colour instead.' } : row,
    )
    second = await register(server, 'orchard', [...changed, { ...changed[0], id: 'again' }])
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function tabOn(path: string, options: Parameters<typeof openTab>[1] = {}, expected: RegExp[] = []) {
    const tab = await openTab(browser, options, expected)
    onTestFinished(() => tab.context.close())
    await tab.page.goto(path)
    return tab
  }
  const version = (view = '') => `/datasets/orchard/${second.digest}${view}`

  it('the link of the server signs in, and its token leaves the address', async () => {
    const { page, complaints } = await tabOn(server.link('/datasets'))
    await page.getByRole('link', { name: 'orchard', exact: true }).waitFor()
    expect(page.url()).toBe(`${server.url}/datasets`)
    await page.goBack().catch(() => {})
    expect(page.url()).not.toContain('token')
    expect(complaints).toEqual([])
  })

  it('a wrong token is refused in the server’s words; the right one leads to the page that was asked for', async () => {
    const { page, complaints } = await tabOn(server.url + version('/rows'), {}, [/401/])
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await page.getByLabel('Access token').evaluate((input) => input.matches(':focus'))).toBe(true)
    await page.keyboard.type('guess')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('the token is not the one in the data directory').waitFor()
    await page.getByLabel('Access token').fill(server.server.token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('How do I sort 10 figs?').first().waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You signed out.').waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('a dataset shows its versions with taint, size and how they came', async () => {
    const { page, complaints } = await tabOn(server.link('/datasets/orchard'))
    const row = page.getByRole('row', { name: first.digest.slice(0, 12) })
    await row.getByText('unreviewed').waitFor()
    await row.getByRole('cell', { name: '60', exact: true }).waitFor()
    await row.getByRole('cell', { name: 'upload', exact: true }).waitFor()
    const shown = await page.getByRole('rowheader').allTextContents()
    expect(shown.map((each) => each.trim())).toEqual([second, first].map(({ digest }) => digest.slice(0, 12)))
    expect(complaints).toEqual([])
  })

  it('a report shows every column with its histogram and quantiles, and the duplicates', async () => {
    const { page, complaints } = await tabOn(server.link(version()))
    await page.getByText('81 rows read.').waitFor()
    await page.getByText('1 exact duplicate (1.2%)').waitFor()
    const { body } = await server.request('GET', `/v1/datasets/orchard/versions/${second.digest}/report`)
    const drawn = Object.entries(body.columns as Record<string, { n: number; quantiles: { p50: number } | null }>)
    for (const [name, { n, quantiles }] of drawn) {
      const card = page.getByRole('region', { name: name.replaceAll('_', ' '), exact: true })
      await card.waitFor()
      if (n === 0) continue
      await card
        .getByRole('img', { name: /^Histogram of/ })
        .locator('canvas')
        .waitFor()
      const median = await card.locator('dl > div').filter({ hasText: 'p50' }).locator('dd').textContent()
      expect(Number(median?.replaceAll(',', ''))).toBeCloseTo(quantiles?.p50 ?? Number.NaN, 0)
    }
    expect(drawn.length).toBeGreaterThan(3)
    await page.getByRole('row', { name: /^weigh/ }).waitFor()
    expect(complaints).toEqual([])
  })

  it('lineage, rows and verification of a version', async () => {
    const { page, complaints } = await tabOn(server.link(version()))
    await page.getByRole('link', { name: 'Lineage' }).click()
    await page.getByText('This version was uploaded as a file').waitFor()
    await page.getByRole('link', { name: 'Rows' }).click()
    await page.getByText('25 shown').waitFor()
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.getByText('50 shown').waitFor()
    await page.getByRole('button', { name: 'JSON of row 0', exact: true }).click()
    await page.getByRole('dialog').getByText('"id": "row-10"').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Verify stored bytes' }).click()
    await page.getByText('Every stored byte is what the digests say: 81 rows').waitFor()
    expect(complaints).toEqual([])
  })

  it('a row is proven in the browser, and a proof of other siblings is refused', async () => {
    const { page, complaints } = await tabOn(server.link(version('/rows')))
    await page.getByRole('button', { name: 'Prove row 7', exact: true }).click()
    await page.getByText('Row 7 is one of the 81: SHA-256 of the row and 7 siblings lead to the Merkle root.').waitFor()
    await page.route('**/rows/8/proof', async (route) => {
      const proof = await (await route.fetch()).json()
      await route.fulfill({ json: { ...proof, path: proof.path.toReversed() } })
    })
    await page.getByRole('button', { name: 'Prove row 8', exact: true }).click()
    await page.getByText('Row 8 is not proven').waitFor()
    expect(complaints).toEqual([])
  })

  it('what changed since another version: rows, statistics, categories', async () => {
    const { page, complaints } = await tabOn(server.link('/datasets/orchard'))
    await page
      .getByRole('row', { name: second.digest.slice(0, 12) })
      .getByRole('link', { name: 'compare' })
      .click()
    const counts = page.getByRole('status').filter({ hasText: 'unchanged' })
    await counts.waitFor()
    expect((await counts.textContent())?.replaceAll(/\s+/g, ' ')).toMatch(
      /31 added ?− 10 removed ?~ 1 changed ?= 49 unchanged/,
    )
    await page.getByText('Sort them by colour instead.').waitFor()
    await page.getByRole('region', { name: 'Statistics that moved' }).getByRole('row').nth(1).waitFor()
    await page.getByLabel('or another dataset').fill('nobody@latest')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(complaints.filter((each) => !each.includes('404') && !each.includes('422'))).toEqual([])
  })

  it('a build is started in the form, followed to its end, and its dropped rows read', async () => {
    const { page, complaints } = await tabOn(server.link('/builds/new'))
    await page.getByLabel('Name of the dataset it makes').fill('orchard-clean')
    await page.getByLabel('Dataset', { exact: true }).fill('orchard')
    await page.getByRole('button', { name: 'Start the build' }).click()
    await page.getByText('succeeded').waitFor({ timeout: 30_000 })
    await page.getByRole('row', { name: /^exact duplicates 81 80 1/ }).waitFor()
    await page
      .getByRole('region', { name: 'Rows left out' })
      .getByRole('row', { name: /^orchard 81 exact duplicates/ })
      .waitFor()
    await page.getByRole('link', { name: 'orchard-clean' }).click()
    await page.getByRole('link', { name: 'Lineage' }).click()
    await page.getByText('made by a build').waitFor()
    expect(complaints).toEqual([])
  })

  it('a refused build says at each field what is wrong', async () => {
    const { page, complaints } = await tabOn(server.link('/builds/new'), {}, [/422|404/])
    await page.getByLabel('Name of the dataset it makes').fill('Bad Name')
    await page.getByRole('button', { name: 'Start the build' }).click()
    await page.getByRole('alert').waitFor()
    for (const label of ['Name of the dataset it makes', 'Dataset'])
      expect(await page.getByLabel(label, { exact: true }).getAttribute('aria-invalid'), label).toBe('true')
    expect(complaints).toEqual([])
  })

  it('the report of a build that measured difficulty has it under its own heading', async () => {
    const request = {
      kind: 'dataset',
      name: 'orchard-levels',
      sources: [{ dataset: 'orchard' }],
      operators: { difficulty: {} },
    }
    const { body: build } = await server.request('POST', '/v1/builds', request)
    const { page, complaints } = await tabOn(server.link(`/builds/${build.id}`))
    await page
      .getByRole('listitem')
      .filter({ hasText: /^difficulty count: \d+ easy, \d+ medium, \d+ hard$/ })
      .waitFor()
    await page.getByRole('link', { name: 'orchard-levels' }).click()
    const difficulty = page.getByRole('region', { name: 'Difficulty', exact: true })
    await difficulty.getByRole('row', { name: /^count \d+ \S+ \S+$/ }).waitFor()
    await difficulty.getByRole('row', { name: /^medium \d+/ }).waitFor()
    for (const name of ['tokens', 'clue overlap']) await difficulty.getByRole('region', { name, exact: true }).waitFor()
    expect(await page.getByRole('region', { name: /^difficulty / }).count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('a job shows both rounds of preflight, and its ticket, whose signature the browser checks', async () => {
    await prepareProject(server)
    const job = await submitSample(server)
    await finished(server, job.id)
    const { page, complaints } = await tabOn(server.link('/jobs'))
    await page.getByRole('row', { name: job.id }).getByRole('link').click()
    await page.getByRole('link', { name: 'Preflight' }).click()
    const { body } = await server.request('GET', `/v1/jobs/${job.id}/preflight`)
    for (const [round, title] of [
      ['round1', 'Round 1: the data'],
      ['round2', 'Round 2: configuration and environment'],
    ] as const) {
      const region = page.getByRole('region', { name: title })
      await region.waitFor()
      expect(await region.locator('li:has(> div > b)').count(), title).toBe(body[round]?.checks.length ?? 0)
    }
    const ticket = page.getByRole('region', { name: 'The ticket' })
    await ticket.getByText('✓ The signature is of the server’s key').waitFor()
    await ticket.getByRole('row', { name: /^recipe sample version 1/ }).waitFor()
    const { body: suite } = await server.request('GET', '/v1/datasets/sample-suite/versions/latest')
    await ticket
      .getByRole('row', { name: `dataset sample-suite ${suite.digest.slice(0, 12)}` })
      .getByText(suite.merkle_root.slice(0, 12))
      .waitFor()
    await page.route('**/ticket', async (route) => {
      const answer = await (await route.fetch()).json()
      const payload = answer.ticket.payload.replace('"profile":"', '"profile":"not-')
      await route.fulfill({ json: { ...answer, ticket: { ...answer.ticket, payload } } })
    })
    await page.reload()
    await ticket.getByText('✗ The signature is not of the server’s key').waitFor()
    await ticket.getByText('It binds profile not-').waitFor()
    expect(complaints).toEqual([])
  })

  it('a job that is preflight only says so, and that it has no ticket', async () => {
    const { body: job } = await server.request('POST', '/v1/jobs', { recipe: 'sample', preflight_only: true })
    await finished(server, job.id)
    const { page, complaints } = await tabOn(server.link('/jobs'), {}, [/404/])
    await page.getByRole('row', { name: job.id }).getByRole('cell', { name: 'preflight only' }).waitFor()
    await page.getByRole('row', { name: job.id }).getByText('succeeded').waitFor()
    await page.getByRole('row', { name: job.id }).getByRole('link').click()
    await page.getByRole('link', { name: 'Preflight' }).click()
    await page.getByText('Both rounds passed. This job was preflight only').waitFor()
    await page.getByText('A job that is preflight only is never issued one.').waitFor()
    expect(complaints).toEqual([])
  })

  it('by keyboard alone: skip link, visible focus, tables that scroll can be reached', async () => {
    const { page } = await tabOn(server.link('/datasets/orchard'))
    await page.getByRole('region', { name: 'Versions of orchard' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    await page.keyboard.press('Tab')
    const ring = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
    expect(ring).toBe('solid')
    for (let presses = 0; presses < 4; presses += 1) {
      if ((await page.evaluate("document.activeElement.getAttribute('aria-label')")) === 'Versions of orchard') break
      await page.keyboard.press('Tab')
    }
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe('Versions of orchard')
  })

  it('nothing scrolls sideways at 360 pixels', async () => {
    const { page } = await tabOn(server.link('/datasets'), { viewport: { width: 360, height: 740 } })
    for (const [path, text] of [
      ['/datasets', 'orchard'],
      ['/datasets/orchard', 'unreviewed'],
      [version(), '81 rows read.'],
      [version('/lineage'), 'uploaded as a file'],
      [version('/rows'), '25 shown'],
      [version('/diff'), 'unchanged'],
      ['/builds/new', 'near duplicates'],
    ] as const) {
      await page.goto(server.url + path)
      await page.getByText(text).first().waitFor()
      expect(await overflow(page), path).toBe(0)
    }
  })

  it('follows the system to dark mode, and keeps the mode that was chosen', async () => {
    const { page, complaints } = await tabOn(server.link('/datasets'), { colorScheme: 'dark' })
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    await page.getByRole('button', { name: 'Use light mode' }).waitFor()
    const dark = await ground()
    await page.getByRole('button', { name: 'Use light mode' }).click()
    const light = await ground()
    expect([dark, light]).toEqual(['rgb(14, 18, 23)', 'rgb(246, 247, 249)'])
    await page.reload()
    await page.getByRole('button', { name: 'Use dark mode' }).waitFor()
    expect(await ground()).toBe(light)
    expect(complaints).toEqual([])
  })
})
