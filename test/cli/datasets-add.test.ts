import { createHash } from 'node:crypto'
import { appendFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { uploadFile } from '../../cli/upload-file.ts'
import { tempDir } from '../support/temp-dir.ts'
import { digest } from './job-samples.ts'
import { problem, type Received, type Reply, startStub } from './stub-server.ts'
import { createInstantClock, createTestIo, sluice } from './test-io.ts'

const rows = '{"prompt":"1+1","completion":"2"}\n'.repeat(40_000)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function fileOf(content: string, name = 'train.jsonl') {
  const path = join(tempDir(), name)
  writeFileSync(path, content)
  return path
}

/** The three requests of an upload; `put` and `register` answer for theirs. */
async function datasetServer(parts: { put?: (nth: number) => Reply; register?: () => Reply } = {}) {
  let puts = 0
  const version = {
    name: 'd',
    digest,
    rows: 40_000,
    bytes: rows.length,
    format: 'sft',
    source_sha256: sha256(rows),
    merkle_root: digest,
    lineage: { how: 'upload', sources: [], operators: [], code_version: '0.1.0' },
    taint: ['contains benchmark items'],
    created_at: '2026-01-01T00:00:00.000Z',
  }
  const stub = await startStub((request: Received): Reply => {
    if (request.path === '/v1/uploads') {
      const url = `http://${request.headers.host}/blobs/upload?signature=x`
      return { status: 201, body: { upload: 'upl-0123456789abcdefghij', url, expires_at: '2026-01-01T01:00:00.000Z' } }
    }
    if (request.method === 'PUT') return parts.put?.(++puts) ?? { body: {} }
    return parts.register?.() ?? { status: 201, body: version }
  })
  return { ...stub, of: (method: string) => stub.received.filter((request) => request.method === method) }
}

it('uploads the whole file with its length, then registers it with its sha256', async () => {
  const server = await datasetServer()
  const words = ['datasets', 'add', 'd', fileOf(rows), '--format', 'sft', '--taint', 'a', '--taint', 'b']
  const { code, out } = await sluice([...server.options, ...words])
  expect(code).toBe(0)
  const [put] = server.of('PUT')
  expect(put?.headers['content-length']).toBe(String(rows.length))
  expect(put?.headers['transfer-encoding']).toBeUndefined()
  expect(put?.headers.authorization).toBeUndefined()
  expect(sha256(put?.body as string)).toBe(sha256(rows))
  expect(server.received.at(-1)).toMatchObject({ method: 'POST', path: '/v1/datasets/d/versions' })
  expect(JSON.parse(server.received.at(-1)?.body as string)).toEqual({
    upload: 'upl-0123456789abcdefghij',
    sha256: sha256(rows),
    format: 'sft',
    taint: ['a', 'b'],
  })
  expect(out).toBe(`✓ d: 40000 sft rows, 1.4 MB, tainted: contains benchmark items\n  version d@${digest}\n`)
})

it('registers evaluation data as such, under either group', async () => {
  for (const group of ['datasets', 'data']) {
    const server = await datasetServer()
    expect((await sluice([...server.options, group, 'add', 'd', fileOf(rows), '--suite'])).code).toBe(0)
    expect(JSON.parse(server.received.at(-1)?.body as string)).toMatchObject({ suite: true })
  }
})

it('starts the upload over when the connection breaks, and sends the digest of what arrived', async () => {
  const server = await datasetServer({ put: (nth) => (nth === 1 ? 'hang up' : { body: {} }) })
  expect((await sluice([...server.options, 'datasets', 'add', 'd', fileOf(rows)])).code).toBe(0)
  expect(server.of('PUT')).toHaveLength(2)
  expect(JSON.parse(server.received.at(-1)?.body as string).sha256).toBe(sha256(rows))
})

it('registers nothing when the upload is refused, and says what was said', async () => {
  const server = await datasetServer({ put: () => ({ status: 403, body: '<Code>AccessDenied</Code>' }) })
  const path = fileOf(rows)
  const { code, err } = await sluice([...server.options, 'datasets', 'add', 'd', path])
  expect([code, err]).toEqual([1, `error: PUT of ${path} was answered with 403: <Code>AccessDenied</Code>\n`])
  expect(server.of('POST')).toHaveLength(1)
})

it('lists the first 20 bad lines at their place in the file, and counts the rest', async () => {
  const errors = Array.from({ length: 30 }, (_, i) =>
    ['prompt', 'completion'].map((field) => ({
      pointer: `/lines/${i + 3}/${field}`,
      code: 'invalid_type',
      message: `line ${i + 3} at /${field}: expected string`,
      remedy: 'Give a value of type string.',
    })),
  ).flat()
  const server = await datasetServer({ register: () => problem('invalid', 422, '30 of 34 rows are bad', errors) })
  const { code, err } = await sluice([...server.options, 'datasets', 'add', 'd', fileOf(rows)])
  const lines = err.split('\n')
  expect(code).toBe(1)
  expect(lines[0]).toBe('error: 30 of 34 rows are bad')
  expect(lines[1]).toBe('  train.jsonl:3  line 3 at /prompt: expected string')
  expect(new Set(lines.map((line) => /^ {2}(train\.jsonl:\d+) /.exec(line)?.[1]).filter(Boolean)).size).toBe(20)
  expect(err).toContain('  ... and 20 more: see all with --json\n')
})

it('draws a progress bar of bytes on a terminal, and none elsewhere or with --json', async () => {
  const server = await datasetServer()
  const onTerminal = await sluice(
    [...server.options, 'datasets', 'add', 'd', fileOf(rows)],
    createTestIo({ isTTY: true, env: { NO_COLOR: '1' } }),
  )
  expect(onTerminal.out).toContain('train.jsonl  ████████████████████  1.4 MB of 1.4 MB  100 %')
  expect((await sluice([...server.options, 'datasets', 'add', 'd', fileOf(rows)])).out).not.toContain('█')
  const json = await sluice(
    [...server.options, 'datasets', 'add', 'd', fileOf(rows), '--json'],
    createTestIo({ isTTY: true }),
  )
  expect(JSON.parse(json.out)).toMatchObject({ digest })
})

it.each([
  ['a file that is not there', () => join(tempDir(), 'x.jsonl'), 'there is no such file'],
  ['a folder', () => tempDir(), 'is not a file'],
  ['an empty file', () => fileOf(''), 'is empty'],
])('refuses %s before it sends anything to the URL', async (_what, path, said) => {
  const server = await datasetServer()
  const { code, err } = await sluice([...server.options, 'datasets', 'add', 'd', path()])
  expect(code).toBe(1)
  expect(err).toContain(said)
  expect(server.of('PUT')).toEqual([])
})

it('holds little of the file in memory: pieces go out as they are read', async () => {
  const size = 192 * 1024 * 1024
  const path = fileOf('')
  truncateSync(path, size)
  let received = 0
  const server = createServer((request, response) => {
    request.on('data', (piece: Buffer) => {
      received += piece.length
    })
    request.on('end', () => response.end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const before = process.memoryUsage().arrayBuffers
  let peak = 0
  await uploadFile(path, `http://127.0.0.1:${port}/`, { clock: createInstantClock() }, () => {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers)
  })
  expect(received).toBe(size)
  expect(peak - before).toBeLessThan(size / 2)
})

it('a name that no dataset can have is refused before anything is uploaded', async () => {
  const server = await datasetServer()
  const { code, err } = await sluice([...server.options, 'datasets', 'add', 'My Data', fileOf(rows)])
  expect([code, err]).toEqual([1, expect.stringContaining('bad name "My Data": must be 1 to 63 characters')])
  expect(server.received).toEqual([])
})

it.each([
  ['grows', (file: string) => appendFileSync(file, '{"prompt":"1+1","completion":"2"}\n'), 'bytes instead of'],
  ['is written again', (file: string) => utimesSync(file, 1, 1), 'written again'],
  ['is removed', (file: string) => rmSync(file), 'it is gone'],
])('a file that %s while it is uploaded is not registered', async (_, change, why) => {
  const file = fileOf(rows)
  const server = await datasetServer({
    put() {
      change(file)
      return { body: {} }
    },
  })
  const { code, err } = await sluice([...server.options, 'datasets', 'add', 'd', file])
  expect(code).toBe(1)
  expect(err).toContain(`changed while it was being uploaded (`)
  expect(err).toContain(why)
  expect(server.received.some(({ path }) => path.includes('/versions'))).toBe(false)
})
