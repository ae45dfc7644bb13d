import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeRowProof, rootOf } from '../../console/src/proof/row-proof.ts'
import { proofFor } from '../../core/datasets/merkle.ts'

const encoder = new TextEncoder()
const other = createHash('sha256').update('other').digest('hex')

async function proven(texts: string[], row: number) {
  const proof = await proofFor(
    (async function* () {
      for (const text of texts) yield encoder.encode(text)
    })(),
    row,
  )
  if (!proof) throw new Error('no such row')
  return proof
}

describe('the root of a path', () => {
  const trees = fc
    .array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 70 })
    .chain((texts) => fc.record({ texts: fc.constant(texts), row: fc.nat({ max: texts.length - 1 }) }))

  it('is the one that the server has, for every row of trees of every size', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async ({ texts, row }) => {
        const { leaf, path, root, leaves } = await proven(texts, row)
        expect(await rootOf(leaf, row, leaves, path)).toBe(root)
      }),
    )
  })

  it('is another for another row, a longer or shorter path, or any other sibling', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.nat(), async ({ texts, row }, at) => {
        const { leaf, path, root, leaves } = await proven(texts, row)
        expect(await rootOf(encoder.encode(`${texts[row]}!`), row, leaves, path)).not.toBe(root)
        expect(await rootOf(leaf, row, leaves, [...path, other])).not.toBe(root)
        if (path.length === 0) return
        const changed = path.with(at % path.length, other)
        expect(await rootOf(leaf, row, leaves, changed)).not.toBe(root)
        expect(await rootOf(leaf, row, leaves, path.slice(1))).not.toBe(root)
      }),
    )
  })

  it('is none outside of the tree, or with a sibling that is no digest', async () => {
    const { leaf, path, leaves } = await proven(['a', 'b', 'c'], 1)
    for (const row of [-1, 3, Number.NaN]) expect(await rootOf(leaf, row, leaves, path)).toBeUndefined()
    for (const sibling of ['', 'zz'.repeat(32), 'A'.repeat(64), 'a'.repeat(66)])
      expect(await rootOf(leaf, 1, leaves, path.with(0, sibling)), sibling).toBeUndefined()
  })
})

describe('a proof on the page', () => {
  const texts = ['{"n":0}', '{"n":1}', '{"n":2}']
  const row = { row: 1, json: '{"n":1}', cut: false }

  it('is judged by the row and the version that are shown, not by what it says of itself', async () => {
    const { path, root } = await proven(texts, 1)
    const version = { merkle_root: root, rows: 3 }
    expect(await judgeRowProof({ json: row.json, path }, row, version)).toMatchObject({ ok: true })
    expect(await judgeRowProof({ json: '{"n":2}', path }, row, version)).toMatchObject({ ok: false })
    expect(await judgeRowProof({ json: row.json, path }, row, { ...version, merkle_root: other })).toMatchObject({
      ok: false,
    })
    expect(await judgeRowProof({ json: row.json, path }, { ...row, json: '{"n":9}' }, version)).toMatchObject({
      ok: false,
    })
    expect(await judgeRowProof({ json: row.json, path }, { ...row, row: 0 }, version)).toMatchObject({ ok: false })
  })

  it('holds for a row of which only the beginning is shown', async () => {
    const { path, root } = await proven(texts, 1)
    const version = { merkle_root: root, rows: 3 }
    const proof = { json: row.json, path }
    expect(await judgeRowProof(proof, { ...row, json: '{"n"', cut: true }, version)).toMatchObject({ ok: true })
    expect(await judgeRowProof(proof, { ...row, json: '{"m"', cut: true }, version)).toMatchObject({ ok: false })
  })
})
