import type { Browser, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { openTab } from './browser.ts'
import { startStubServer } from './stub-server.ts'

// Charts are drawn when they come into view.
const tall = { width: 1280, height: 2400 }

/** Opens tabs of a browser over made-up answers; server and tab end with the test. */
export function stubTabs(browser: () => Browser) {
  return async (
    path: string,
    answers: Parameters<typeof startStubServer>[0],
    options: Parameters<typeof openTab>[1] = {},
    expected: RegExp[] = [],
  ) => {
    const server = await startStubServer(answers)
    const tab = await openTab(browser(), { viewport: tall, ...options }, [/willReadFrequently/, ...expected])
    onTestFinished(async () => {
      await tab.context.close()
      await server.stop()
    })
    await tab.page.goto(`${server.url}${path}#token=abc`)
    return { ...tab, server }
  }
}

/** What a page comes to show, on a busy machine too. */
export const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 10_000 })

export const chart = (page: Page, title: string) => page.getByRole('figure', { name: title })
export const plot = (page: Page, title: string) => chart(page, title).getByRole('slider')

/** How many pixels of a chart have about this colour: what is drawn, not what was meant. */
export function pixelsOf(page: Page, title: string, variable: string): Promise<number> {
  return plot(page, title).evaluate((element, name) => {
    const canvas = element.querySelector('canvas') as unknown as {
      width: number
      height: number
      getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } }
    }
    const view = element.ownerDocument.defaultView as unknown as {
      getComputedStyle(of: unknown): { getPropertyValue(name: string): string }
    }
    const hex = view.getComputedStyle(element).getPropertyValue(name).trim()
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let found = 0
    for (let at = 0; at < data.length; at += 4) {
      const away =
        Math.abs((data[at] ?? 0) - red) + Math.abs((data[at + 1] ?? 0) - green) + Math.abs((data[at + 2] ?? 0) - blue)
      if (away < 40 && (data[at + 3] ?? 0) > 150) found += 1
    }
    return found
  }, variable)
}
