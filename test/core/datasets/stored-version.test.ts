import { beforeEach, describe, expect, it } from 'vitest'
import { dataKey } from '../../../core/datasets/dataset-store.ts'
import { listRows } from '../../../core/datasets/list-rows.ts'
import { verifyProof } from '../../../core/datasets/merkle.ts'
import { proveRow } from '../../../core/datasets/prove-row.ts'
import { readDataset } from '../../../core/datasets/read-dataset.ts'
import { verifyVersion } from '../../../core/datasets/verify-version.ts'
import { fileKey, readManifest, readReport } from '../../../core/datasets/version-files.ts'
import { sha256 } from '../../../core/platform/digest.ts'
import { DatasetManifest, DatasetReport, type DatasetVersion, RowProof } from '../../../schemas/dataset.ts'
import { rejection } from '../support/caught.ts'
import { addDataset } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify({ id: `r${i}`, prompt: `q ${i}`, answer: `ä ${i}` }))

let platform: TestPlatform
let version: DatasetVersion
beforeEach(async () => {
  platform = createTestPlatform()
  version = await addDataset(platform, 'quiz', lines.join('\n'))
})

const put = (key: string, content: string) => platform.blobs.put(key, content, 'any')
const data = async () => new TextDecoder().decode(await platform.blobs.get(dataKey(version)))

describe('a stored version', () => {
  it('has a manifest of its files and a report', async () => {
    const report = await platform.blobs.get(fileKey(version, 'report.json'))
    const { digest, bytes, rows, merkle_root, format } = version
    expect(DatasetManifest.parse(await readManifest(platform.blobs, version))).toEqual({
      files: {
        'data-00000.jsonl': { sha256: digest, size: bytes },
        'report.json': { sha256: sha256(report as Uint8Array), size: report?.length },
      },
      merkle_root,
      rows,
      format,
    })
    expect(DatasetReport.parse(await readReport(platform.blobs, version))).toMatchObject({ rows: 20 })
  })

  it('is verified byte by byte', async () => {
    const { name, digest, rows, bytes } = version
    expect(await verifyVersion(platform.blobs, version)).toEqual({ name, digest, ok: true, problems: [], rows, bytes })
  })

  const damages: [string, () => Promise<unknown>, RegExp[]][] = [
    [
      'one byte of a row',
      async () => put(dataKey(version), (await data()).replace('q 7', 'q 8')),
      [/digest is/, /merkle_root is/],
    ],
    [
      'a row less',
      async () => put(dataKey(version), (await data()).split('\n').slice(1).join('\n')),
      [/digest/, /merkle_root/, /rows is 19/, /bytes is/],
    ],
    ['its last newline', async () => put(dataKey(version), (await data()).trimEnd()), [/digest/, /bytes/]],
    ['its rows gone', () => platform.blobs.delete(dataKey(version)), [/data-00000.jsonl: .*does not exist/]],
    ['its report gone', () => platform.blobs.delete(fileKey(version, 'report.json')), [/has no report.json/]],
    ['another report', () => put(fileKey(version, 'report.json'), '{}'), [/report.json has sha256/]],
    [
      'no manifest',
      () => platform.blobs.delete(fileKey(version, 'MANIFEST.json')),
      [/has no MANIFEST.json/, /has no MANIFEST.json/],
    ],
    [
      'a manifest of other rows',
      async () => {
        const manifest = await readManifest(platform.blobs, version)
        await put(fileKey(version, 'MANIFEST.json'), JSON.stringify({ ...manifest, merkle_root: sha256('x'), rows: 3 }))
      },
      [/MANIFEST.json: merkle_root is/, /MANIFEST.json: rows is 3/],
    ],
  ]

  it.each(damages)('with %s is not ok, and is mended by registering it again', async (_, damage, problems) => {
    await damage()
    const found = await verifyVersion(platform.blobs, version)
    expect(found.ok).toBe(false)
    expect(found.problems).toEqual(problems.map((problem) => expect.stringMatching(problem)))
    for (const problem of found.problems) expect(problem).toContain('register or build the same rows again')
    await addDataset(platform, 'quiz', lines.join('\n'))
    expect(await verifyVersion(platform.blobs, version)).toMatchObject({ ok: true, problems: [] })
  })

  it('whose store does not answer is neither good nor bad', async () => {
    const blobs = {
      ...platform.blobs,
      async get() {
        throw new Error('the network is down')
      },
    }
    await expect(verifyVersion(blobs, version)).rejects.toThrow('the network is down')
  })
})

describe('reading a version', () => {
  it.each([
    ['one byte is another', (text: string) => text.replace('q 7', 'q 8')],
    ['a row is missing', (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['a row is no JSON', (text: string) => text.replace('{"id":"r3"', '{"id"')],
    ['it was cut', (text: string) => text.slice(0, -20)],
  ])('ends with both digests when %s', async (_, damage) => {
    const damaged = damage(await data())
    await put(dataKey(version), damaged)
    const fault = await rejection(Array.fromAsync(readDataset(platform.blobs, version)))
    expect(fault).toMatchObject({ code: 'corrupt', message: expect.stringContaining(`quiz@${version.digest}`) })
    expect((fault as Error).message).toContain(`sha256 ${sha256(damaged)}, not ${version.digest}`)
  })

  it('that stops early is nobody to judge', async () => {
    await put(dataKey(version), (await data()).replace('q 7', 'q 8'))
    for await (const { index } of readDataset(platform.blobs, version)) if (index === 3) break
  })
})

describe('the proof of a row', () => {
  it.each([0, 7, 19])('%i leads to the root of the version', async (index) => {
    const proof = RowProof.parse(await proveRow(platform.blobs, version, index))
    expect(proof).toMatchObject({ name: 'quiz', digest: version.digest, row: index, rows: 20, json: lines[index] })
    const leaf = new TextEncoder().encode(proof.json)
    const claim = { leaf, index, leaves: 20, path: proof.path, root: version.merkle_root }
    expect(verifyProof(claim)).toBe(true)
    expect(verifyProof({ ...claim, leaf: new TextEncoder().encode(lines[(index + 1) % 20]) })).toBe(false)
  })

  it('that there is none is said, and rows that are not those of the root prove nothing', async () => {
    expect(await rejection(proveRow(platform.blobs, version, 20))).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('its rows are 0 to 19'),
    })
    await put(dataKey(version), (await data()).replace('q 7', 'q 8'))
    expect(await rejection(proveRow(platform.blobs, version, 0))).toMatchObject({ code: 'corrupt' })
  })

  it('of a row that no answer can hold is refused', async () => {
    const long = await addDataset(platform, 'long', JSON.stringify({ prompt: 'x'.repeat(3_000_000), answer: 'y' }))
    expect(await rejection(proveRow(platform.blobs, long, 0))).toMatchObject({ code: 'too_large' })
  })
})

describe('rows in pages', () => {
  async function pages(of: DatasetVersion, limit: number) {
    const rows = []
    for (let cursor: string | undefined; ; ) {
      const page = await listRows(platform.blobs, of, { limit, cursor })
      rows.push(...page.items)
      if (page.cursor === undefined) return rows
      cursor = page.cursor
    }
  }

  it.each([1, 7, 20, 1000])('of %i are all rows, in order', async (limit) => {
    const bytes = (line: string) => Buffer.byteLength(line)
    expect(await pages(version, limit)).toEqual(
      lines.map((json, row) => ({ row, bytes: bytes(json), json, cut: false })),
    )
  })

  it('end at 1 MB, and cut rows that are long at a whole character', async () => {
    const contents = ['é😀'.repeat(400_000), ...Array.from({ length: 40 }, (_, i) => `${i}${'x'.repeat(60_000)}`)]
    const rows = contents.map((prompt) => JSON.stringify({ prompt, answer: 'a' }))
    const long = await addDataset(platform, 'long', rows.join('\n'))
    const [first] = (await listRows(platform.blobs, long, { limit: 1 })).items
    expect(first).toMatchObject({ row: 0, bytes: Buffer.byteLength(rows[0] as string), cut: true })
    expect(rows[0]?.startsWith(first?.json as string)).toBe(true)
    expect(Buffer.byteLength(first?.json as string)).toBeGreaterThan(65_000)
    const page = await listRows(platform.blobs, long, { limit: 1000 })
    expect(page.items.length).toBeLessThan(20)
    expect(page.cursor).toBeDefined()
    const all = await pages(long, 1000)
    expect(all.slice(1).map(({ json }) => json)).toEqual(rows.slice(1))
  })

  it.each(['x', '1-1', '1-0', '20-999999', '1-1.5', '-1-5'])(
    'after %s are refused: that is no place between rows',
    async (cursor) => {
      expect(await rejection(listRows(platform.blobs, version, { cursor }))).toMatchObject({ code: 'invalid' })
    },
  )
})
