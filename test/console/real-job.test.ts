import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Job } from '../../schemas/job.ts'
import { prepareProject, submitSample } from '../support/api.ts'
import { finished } from '../support/local-server.ts'
import { chromiumPath, launchBrowser, openTab } from './support/browser.ts'
import { type ConsoleServer, startConsoleServer } from './support/console-server.ts'
import { chart, eventually, pixelsOf, plot } from './support/stub-tabs.ts'

describe.skipIf(!chromiumPath)('jobs of the embedded server (needs Chromium; CHROMIUM_PATH says where)', () => {
  let browser: Browser
  let server: ConsoleServer
  let job: Job

  beforeAll(async () => {
    server = await startConsoleServer()
    browser = await launchBrowser()
    await prepareProject(server)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })
  async function tabOn(path: string) {
    const tab = await openTab(browser, { viewport: { width: 1280, height: 2000 } }, [/willReadFrequently/, /404/])
    onTestFinished(() => tab.context.close())
    await tab.page.goto(path)
    return tab
  }

  it('a job is followed live from the list to its end: its charts are those of the API', async () => {
    job = await submitSample(server)
    const { page, complaints } = await tabOn(server.link('/jobs'))
    await page.getByRole('row', { name: job.id }).getByRole('link').click()
    await page.getByText('● live').waitFor()
    await finished(server, job.id)
    await page.getByText('the job has ended').waitFor()
    await page.getByRole('heading', { name: 'sample version 1' }).waitFor()
    await eventually(async () => Number(await plot(page, 'Loss').getAttribute('data-points'))).toBeGreaterThan(3)
    await eventually(() => pixelsOf(page, 'Gradient norm', '--series-1')).toBeGreaterThan(40)
    const query = 'names=total_loss&stage=1'
    const { body } = await server.request('GET', `/v1/jobs/${job.id}/metrics?${query}`)
    const [step, value] = body.series[0].points.at(-1)
    await eventually(() => plot(page, 'Loss').getAttribute('aria-valuetext')).toContain(`at step ${step}`)
    await plot(page, 'Loss').focus()
    await page.keyboard.press('End')
    await eventually(() => plot(page, 'Loss').getAttribute('aria-valuetext')).toContain(
      `total_loss ${Number(value.toPrecision(7))}`.replace('-', '−'),
    )
    expect(complaints).toEqual([])
  })

  it('its other views, the export, sync and diagnose answer', async () => {
    const { page, complaints } = await tabOn(server.link(`/jobs/${job.id}/attempts`))
    await page.getByRole('region', { name: 'Stage 1' }).getByText('steps 1 to 4').first().waitFor()
    await page.getByRole('link', { name: 'Logs' }).click()
    await page.getByText(/\d+ lines/).waitFor()
    await page.getByRole('link', { name: 'Config' }).click()
    await page.getByText('kl_explosion:').waitFor()
    await page.getByRole('link', { name: 'History' }).click()
    await page.getByRole('list', { name: 'History, oldest first' }).getByRole('listitem').nth(3).waitFor()
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByRole('button', { name: 'Sync' }).click()
    await page.getByText('The newest step is 4.').waitFor()
    await page.getByRole('button', { name: 'Diagnose' }).click()
    await page.getByText(/^Judged 8 rows/).waitFor()
    await page.getByRole('button', { name: 'CSV' }).click()
    const link = page.getByRole('link', { name: /^Download 4 rows as CSV/ })
    await link.waitFor()
    const file = await (await fetch(new URL((await link.getAttribute('href')) ?? '', server.url))).text()
    expect(file.split('\n')[0]).toContain('total_loss')
    expect(complaints).toEqual([])
  })

  it('playback plays what was recorded, and a job is compared with its clone', async () => {
    const { page, complaints } = await tabOn(server.link(`/jobs/${job.id}`))
    await page.getByRole('button', { name: 'playback' }).click()
    await page.getByLabel('Speed').selectOption('10×')
    await page.getByText('played to its end').waitFor({ timeout: 20_000 })
    await eventually(() => plot(page, 'Loss').getAttribute('data-to')).toBe('4')
    const { body: clone } = await server.request('POST', `/v1/jobs/${job.id}/clone`)
    await finished(server, clone.id)
    await page.goto(`${server.url}/compare?jobs=${job.id},${clone.id}`)
    await eventually(async () => Number(await plot(page, 'total_loss').getAttribute('data-points'))).toBeGreaterThan(7)
    await chart(page, 'total_loss')
      .getByRole('button', { name: clone.id.slice(-5) })
      .waitFor()
    await page.getByText(/keys of these recipes are all the same/).waitFor()
    expect(complaints).toEqual([])
  })
})
