import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { operations } from '../schemas/api.ts'

/** Where `npm run build:console` puts the pages. */
export const consoleDirectory = fileURLToPath(new URL('../console/dist', import.meta.url))

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
}

const contentSecurityPolicy = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const absent = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>Sluice</title>
  <h1>Sluice is running; its console is not built</h1>
  <p>Build it with <code>npm run build:console</code> and load this page again.
  The API answers at <code>/v1</code>, described by <a href="/openapi.json">/openapi.json</a>.</p>
</html>
`

/**
 * The web console's files. The answer to GET and HEAD of a file or, for a browser that navigates, of any address that is not the
 * API's; undefined for what the API has to answer.
 */
export function consoleFiles(directory: string = consoleDirectory) {
  let known = new Map<string, string>()

  /** The path of a file is looked up among those that exist, never put together from the request: nothing else can be read. */
  async function find(pathname: string): Promise<string | undefined> {
    // Names change with each build; the page itself is always looked for.
    if (!known.has(pathname) || pathname === '/index.html') known = await listFiles(directory)
    return known.get(pathname)
  }

  return async (request: Request): Promise<Response | undefined> => {
    const { pathname } = new URL(request.url)
    if (!['GET', 'HEAD'].includes(request.method) || isOfApi(pathname)) return undefined
    const file = await find(pathname)
    if (file) return answer(file, pathname)
    return pathname === '/' || isNavigation(request, pathname) ? page(await find('/index.html')) : undefined
  }
}

const apiRoots = new Set([
  'api',
  'blobs',
  'openapi.json',
  ...Object.values(operations).map(({ path }) => path.split('/')[1]),
])

function isOfApi(pathname: string): boolean {
  return apiRoots.has(pathname.split('/')[1] ?? '')
}

function isNavigation(request: Request, pathname: string): boolean {
  return !pathname.startsWith('/assets/') && (request.headers.get('accept') ?? '').includes('text/html')
}

/** By the path of its URL. Links are not followed. */
async function listFiles(directory: string): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [`/${relative(directory, path).split(sep).join('/')}`, path]),
  )
}

async function page(path: string | undefined): Promise<Response> {
  return path === undefined
    ? new Response(absent, { status: 503, headers: headersOf('.html', false) })
    : answer(path, '/index.html')
}

async function answer(path: string, pathname: string): Promise<Response> {
  return new Response(await readFile(path), { headers: headersOf(extname(path), pathname.startsWith('/assets/')) })
}

function headersOf(extension: string, isImmutable: boolean): Record<string, string> {
  return {
    'content-type': types[extension] ?? 'application/octet-stream',
    // The name of an asset has the hash of its content.
    'cache-control': isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  }
}
