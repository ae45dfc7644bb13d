import { Fault } from '../../core/platform/fault.ts'
import type { Endpoints } from '../../core/platform/ports.ts'

const maxBodyBytes = 4 * 2 ** 20

/**
 * Other people's HTTP servers. Redirects are answers, never followed: a key must not reach a host that nobody named. Faults:
 * `busy` when no answer came in time, `too_large` above 4 MiB, `invalid` for a URL or header that is none. No fault holds a header.
 */
export function createEndpoints({ maxBytes = maxBodyBytes }: { maxBytes?: number } = {}): Endpoints {
  return {
    async post({ url, headers, body, timeoutMs }) {
      const { host } = urlOf(url)
      const started = performance.now()
      const elapsed = () => performance.now() - started
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: checked(headers, host),
          body,
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMs),
        })
        const text = await readBody(response, host, maxBytes)
        return { status: response.status, headers: Object.fromEntries(response.headers), body: text, ms: elapsed() }
      } catch (error) {
        if (error instanceof Fault) throw error
        throw new Fault('busy', `${host} gave no answer within ${timeoutMs} ms: ${reason(error)}`)
      }
    },
  }
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const spoken = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url && spoken && url.username === '' && url.password === '') return url
  throw new Fault('invalid', 'the address of an endpoint must be an http or https URL without user and password')
}

function checked(headers: Record<string, string>, host: string): Headers {
  const checked = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    try {
      checked.set(name, value)
    } catch {
      // The error of `fetch` quotes the value, which may be a key.
      throw new Fault('invalid', `header ${name} for ${host} has a character that no header may have`)
    }
  }
  return checked
}

async function readBody(response: Response, host: string, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  // Leaving the loop cancels the stream.
  for await (const piece of response.body ?? []) {
    size += piece.length
    if (size > maxBytes) throw new Fault('too_large', `${host} answered with more than ${maxBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function reason(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string; name?: string } }
  if (name === 'TimeoutError') return 'time is up'
  return cause?.code ?? cause?.name ?? name ?? 'unknown'
}
