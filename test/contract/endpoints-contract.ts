import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Endpoints } from '../../core/platform/ports.ts'

export interface Asked {
  path: string
  headers: Record<string, string | string[] | undefined>
  body: string
}
export type Told = { status: number; headers?: Record<string, string>; body: string } | 'hang up' | 'never'

export interface EndpointsHarness {
  endpoints: Endpoints
  /** Where a server listens that answers as the last `tell` said. */
  url: string
  tell(told: Told): void
  asked(): readonly Asked[]
  stop(): Promise<void>
}

/** What every driver of the Endpoints port keeps. */
export function endpointsContract(name: string, open: () => Promise<EndpointsHarness>): void {
  describe(`endpoints: ${name}`, () => {
    let harness: EndpointsHarness
    beforeAll(async () => {
      harness = await open()
    })
    afterAll(() => harness.stop())
    const post = (change: Partial<Parameters<Endpoints['post']>[0]> = {}) =>
      harness.endpoints.post({
        url: `${harness.url}/v1/chat/completions`,
        headers: { 'content-type': 'application/json', authorization: 'Bearer top-secret' },
        body: '{"ä":1}',
        timeoutMs: 5_000,
        ...change,
      })
    const refusal = (change: Parameters<typeof post>[0] = {}) => post(change).catch((error: unknown) => error)

    it('sends headers and body as they are, and returns what came', async () => {
      harness.tell({ status: 200, headers: { 'X-Request-Id': 'req-1' }, body: '{"ö":2}' })
      const answer = await post()
      expect(answer).toMatchObject({ status: 200, body: '{"ö":2}', headers: { 'x-request-id': 'req-1' } })
      expect(answer.ms).toBeGreaterThan(0)
      expect(harness.asked().at(-1)).toMatchObject({
        path: '/v1/chat/completions',
        body: '{"ä":1}',
        headers: { authorization: 'Bearer top-secret', 'content-type': 'application/json' },
      })
    })

    it.each([201, 400, 401, 429, 500, 503])('returns status %i as an answer', async (status) => {
      harness.tell({ status, body: 'no' })
      expect(await post()).toMatchObject({ status, body: 'no' })
    })

    it('follows no redirect', async () => {
      const before = harness.asked().length
      harness.tell({ status: 307, headers: { location: `${harness.url}/elsewhere` }, body: '' })
      expect(await post()).toMatchObject({ status: 307 })
      expect(harness.asked()).toHaveLength(before + 1)
    })

    it.each<Told>(['hang up', 'never'])('is busy, naming the host, when the server does: %s', async (told) => {
      harness.tell(told)
      const error = await refusal({ timeoutMs: 200 })
      expect(error).toMatchObject({ code: 'busy', message: expect.stringContaining(new URL(harness.url).host) })
      expect(everything(error)).not.toContain('top-secret')
    })

    it('refuses what is no address, and says nothing of its password', async () => {
      for (const url of ['nonsense', 'ftp://a/b', 'file:///etc/passwd', 'http://user:top-secret@a/b']) {
        const error = await refusal({ url })
        expect(error, url).toMatchObject({ code: 'invalid' })
        expect(everything(error)).not.toContain('top-secret')
      }
    })

    it('refuses a header that is none, without its value', async () => {
      const error = await refusal({ headers: { authorization: 'Bearer top-secret\nx' } })
      expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining('header authorization') })
      expect(everything(error)).not.toContain('top-secret')
    })
  })
}

function everything(error: unknown): string {
  const { message, stack, cause } = error as Error
  return [message, stack, cause instanceof Error ? everything(cause) : String(cause)].join('\n')
}
