import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { consoleFiles } from '../../local/console-files.ts'
import { startServer } from '../../local/server.ts'
import { operations } from '../../schemas/api.ts'
import { tempDir } from '../support/temp-dir.ts'

const navigating = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
let directory = ''
let answer: ReturnType<typeof consoleFiles>

beforeEach(async () => {
  const root = tempDir()
  directory = join(root, 'dist')
  await mkdir(join(directory, 'assets'), { recursive: true })
  await writeFile(join(root, 'token'), 'secret')
  await writeFile(join(directory, 'index.html'), '<p>the page</p>')
  await writeFile(join(directory, 'assets/index-a1.js'), 'run()')
  await writeFile(join(directory, 'theme.js'), 'theme()')
  answer = consoleFiles(directory)
})

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  answer(new Request(`http://127.0.0.1:1${path}`, { method, headers }))
const text = async (path: string, headers?: Record<string, string>) => (await get(path, headers))?.text()

it('serves the page at the root without asking who asks, never stored without asking again', async () => {
  const response = await get('/')
  expect(response?.status).toBe(200)
  expect(await response?.text()).toBe('<p>the page</p>')
  expect(Object.fromEntries(response?.headers ?? [])).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("default-src 'self'"),
  })
})

it('allows no inline script and no inline style', async () => {
  const policy = (await get('/'))?.headers.get('content-security-policy') ?? ''
  expect(policy).not.toContain('unsafe')
  expect(policy).toContain("frame-ancestors 'none'")
})

it('lets assets be stored for good, and other files not', async () => {
  const asset = await get('/assets/index-a1.js')
  expect(await asset?.text()).toBe('run()')
  expect(asset?.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(asset?.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect((await get('/theme.js'))?.headers.get('cache-control')).toBe('no-cache')
})

it('shows the page at any address that a browser navigates to', async () => {
  for (const path of ['/datasets', '/datasets/a.json/abc', '/jobs/job-1?show=fail', '/v1beta', '/nothing'])
    expect(await text(path, navigating), path).toBe('<p>the page</p>')
})

it('leaves to the API what no browser navigates to', async () => {
  expect(await get('/nothing')).toBeUndefined()
  expect(await get('/nothing', { accept: 'application/json' })).toBeUndefined()
  expect(await get('/', navigating, 'POST')).toBeUndefined()
  expect(await get('/datasets', navigating, 'DELETE')).toBeUndefined()
})

it('never stands in for a missing asset: an old page must notice', async () => {
  expect(await get('/assets/index-old.js', navigating)).toBeUndefined()
})

it('never answers for the API, whatever is asked for', async () => {
  const paths = Object.values(operations).map(({ path }) => path.replaceAll(/[{}]/g, ''))
  for (const path of [...paths, '/api/v1/metrics', '/openapi.json', '/blobs/key?sig=1', '/v1', '/v1/'])
    expect(await get(path, navigating), path).toBeUndefined()
})

it('finds the files of a newer build without a restart', async () => {
  expect(await get('/assets/index-b2.js')).toBeUndefined()
  await rm(join(directory, 'assets/index-a1.js'))
  await writeFile(join(directory, 'assets/index-b2.js'), 'newer()')
  await writeFile(join(directory, 'index.html'), '<p>newer</p>')
  expect(await text('/')).toBe('<p>newer</p>')
  expect(await text('/assets/index-b2.js')).toBe('newer()')
  expect(await get('/assets/index-a1.js')).toBeUndefined()
})

describe('other files of the machine', () => {
  it.each([
    '/../token',
    '/assets/../../token',
    '/%2e%2e/token',
    '/assets/%2e%2e/%2e%2e/token',
    '/..%2ftoken',
    '/..%5ctoken',
    '/assets/..%252f..%252ftoken',
    '//etc/passwd',
    '/.%00./token',
  ])('are not read by %s', async (path) => {
    expect((await text(path)) ?? '').not.toContain('secret')
    expect((await text(path, navigating)) ?? '<p>the page</p>').toBe('<p>the page</p>')
  })

  it('are not read by a path made of any pieces', async () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '%2E.',
      '..%2f',
      '%5c',
      'assets',
      'token',
      'dist',
      '',
      '\\',
      '%00',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
        const found = await text(`/${pieces.join('/')}`)
        expect([undefined, '<p>the page</p>']).toContain(found)
      }),
    )
  })

  it('are not read through a link', async () => {
    await symlink(join(directory, '../token'), join(directory, 'assets/link.txt'))
    expect(await get('/assets/link.txt')).toBeUndefined()
  })
})

it('says how to build the console when it is not built', async () => {
  await rm(directory, { recursive: true })
  const response = await get('/')
  expect(response?.status).toBe(503)
  expect(await response?.text()).toContain('npm run build:console')
  expect(await text('/datasets', navigating)).toContain('npm run build:console')
  expect(await get('/assets/index-a1.js')).toBeUndefined()
})

describe('the embedded server', () => {
  const ask = (url: string, headers: Record<string, string>) =>
    new Promise<{ status: number | undefined; type: string | undefined }>((resolve, reject) => {
      request(url, { headers }, (response) => {
        response.resume()
        resolve({ status: response.statusCode, type: response.headers['content-type'] })
      })
        .on('error', reject)
        .end()
    })

  it('shows the console to its own Host alone, and keeps the API behind the token', async () => {
    const settings = { directory: tempDir(), port: 0, maxExecutions: 2, maxTrainers: 1, graceSeconds: 1 }
    const server = await startServer(settings, () => {})
    try {
      expect((await ask(`${server.url}/`, {})).type).toContain('text/html')
      expect(await ask(`${server.url}/`, { host: 'evil.example' })).toEqual({
        status: 403,
        type: 'application/problem+json',
      })
      expect(await ask(`${server.url}/v1/jobs`, navigating)).toEqual({ status: 401, type: 'application/problem+json' })
      expect((await ask(`${server.url}/openapi.json`, navigating)).type).toContain('application/json')
    } finally {
      await server.stop()
    }
  })
})
