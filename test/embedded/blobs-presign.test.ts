import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { presignUrl, verifyPresigned } from '../../adapters/embedded/blob-presign.ts'
import { isBlobKey } from '../../core/platform/blob-key.ts'

const NOW = new Date('2026-11-20T10:00:00.500Z')

function verify(href: string, method = 'GET', now = NOW): string {
  const { pathname, searchParams } = new URL(href)
  return verifyPresigned({ method, pathname, query: searchParams }, 'secret', now)
}

function presign(key: string, method: 'GET' | 'PUT' = 'GET'): string {
  return presignUrl('http://127.0.0.1:8080', 'secret', { key, method, now: NOW, expiresInSeconds: 60 })
}

describe('presigned URLs', () => {
  it('have the documented shape', () => {
    expect(presign('a b/c.txt')).toMatch(
      /^http:\/\/127\.0\.0\.1:8080\/blobs\/a%20b\/c\.txt\?method=GET&expires=1795168860&signature=[\w-]{43}$/,
    )
  })

  it('verify for their key, method and time, and for no other signing key', () => {
    expect(verify(presign('a/b'))).toBe('a/b')
    expect(verify(presign('a/b', 'PUT'), 'PUT')).toBe('a/b')
    expect(verify(presign('a/b'), 'GET', new Date('2026-11-20T10:00:59.999Z'))).toBe('a/b')
    expect(() => verify(presign('a/b'), 'GET', new Date('2026-11-20T10:01:00.000Z'))).toThrow('expired')
    expect(() => verify(presign('a/b'), 'PUT')).toThrow('allows GET, not PUT')
    expect(() => verify(presign('a/b'), 'DELETE')).toThrow(expect.objectContaining({ code: 'forbidden' }))
    const { pathname, searchParams } = new URL(presign('a/b'))
    expect(() => verifyPresigned({ method: 'GET', pathname, query: searchParams }, 'other', NOW)).toThrow(
      'does not match',
    )
  })

  it('verify for every key that is one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter(isBlobKey), (key) => {
        expect(verify(presign(key))).toBe(key)
      }),
    )
  })

  it('are refused when any character is changed, added or removed', () => {
    const url = presign('jobs/j1/spec.json')
    const from = url.indexOf('/blobs/') + 1
    fc.assert(
      fc.property(
        fc.integer({ min: from, max: url.length }),
        fc.integer({ min: 0, max: 1 }),
        fc.string({ maxLength: 2 }),
        (at, cut, put) => {
          const altered = url.slice(0, at) + put + url.slice(at + cut)
          fc.pre(!sameRequest(altered, url))
          expect(() => verify(altered)).toThrow(expect.objectContaining({ code: 'forbidden' }))
        },
      ),
      { numRuns: 1000 },
    )
  })

  it.each(['/blobs/', '/blobs/../x', '/blobs/%2e%2e/x', '/blobs/%', '/other/a', '/blobs//etc/passwd'])(
    'refuse the path %s',
    (pathname) => {
      const query = new URLSearchParams({ method: 'GET', expires: '9999999999', signature: 'x' })
      expect(() => verifyPresigned({ method: 'GET', pathname, query }, 'secret', NOW)).toThrow(
        expect.objectContaining({ code: 'forbidden' }),
      )
    },
  )
})

// A fragment, a further parameter or another spelling of the same characters leaves the request as it was.
function sameRequest(a: string, b: string): boolean {
  const [one, two] = [new URL(a), new URL(b)]
  const parts = (url: URL) => ['method', 'expires', 'signature'].map((name) => url.searchParams.get(name)).join('\n')
  return decode(one.pathname) === decode(two.pathname) && parts(one) === parts(two)
}

function decode(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}
