import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createShadowDraw, type ShadowCandidate } from '../../../../core/data-factory/shadow-set/draw-shadow-set.ts'
import { ShadowManifest } from '../../../../core/data-factory/shadow-set/manifest.ts'
import { digestJson, sha256 } from '../../../../core/platform/digest.ts'
import type { Fault } from '../../../../core/platform/fault.ts'
import { caught } from '../../support/caught.ts'

const thrown = (act: () => unknown) => caught(act) as Fault

const settings = { n: 245, seed: 20250820, stratify: true }
const counts = { hotpotqa: 1350, strategyqa: 900, gsm8k: 750 }

function candidates(): ShadowCandidate[] {
  return Object.entries(counts).flatMap(([task, count]) =>
    Array.from({ length: count }, (_, i) => ({
      source: `${task}@0`,
      number: i + 1,
      row: { task, prompt: `${task} question ${i}`, answer: String(i) },
    })),
  )
}

function draw(from: Iterable<ShadowCandidate>, given: Parameters<typeof createShadowDraw>[0] = settings) {
  const drawing = createShadowDraw(given)
  for (const candidate of from) drawing.add(candidate)
  return drawing.finish()
}

describe('createShadowDraw', () => {
  it('shares 245 rows out over tasks as required, and says what it drew', () => {
    const { rows, manifest } = draw(candidates(), { ...settings, tag: 'pre_run_check' })
    expect(manifest).toMatchObject({ n: 245, seed: 20250820, tag: 'pre_run_check', stratified: true })
    expect(manifest.strata).toEqual({
      gsm8k: { available: 750, drawn: 61 },
      hotpotqa: { available: 1350, drawn: 110 },
      strategyqa: { available: 900, drawn: 74 },
    })
    expect(rows).toHaveLength(245)
    for (const [i, row] of rows.entries()) {
      const item = manifest.items[i]!
      expect(item).toMatchObject({ source: `${row.task}@0`, id: row.id, sha256: digestJson(row) })
      expect(candidates().find(({ source, number }) => source === item.source && number === item.row)?.row).toEqual({
        ...row,
        id: undefined,
      })
    }
    expect(new Set(rows.map(({ id }) => id)).size).toBe(245)
    expect(manifest.digest).toBe(sha256(manifest.items.map((item) => item.sha256).join('\n')))
    expect(ShadowManifest.parse(manifest)).toEqual(manifest)
  })

  it('draws the same rows in whatever order, under whatever ids and with whatever copies they come', () => {
    const { rows } = draw(candidates())
    const strip = (all: typeof rows) => all.map((row) => ({ ...row, id: undefined }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2999 }), (turn) => {
        const all = candidates()
        const turned = [...all.slice(turn), ...all.slice(0, turn)].map((one, i) => ({
          ...one,
          row: { ...one.row, id: `row-${i}` },
        }))
        expect(strip(draw([...turned, ...turned.slice(0, 50)]).rows)).toEqual(strip(rows))
      }),
      { numRuns: 5 },
    )
  })

  it('keeps ids that tell rows apart, and replaces those that do not', () => {
    const from = ['a', 'a', 'b'].map((id, i) => ({
      source: 's@0',
      number: i + 1,
      row: { id, prompt: `q${i}`, answer: 'x' },
    }))
    const ids = draw(from, { n: 3, seed: 1, stratify: false }).rows.map(({ id }) => id)
    expect(ids.filter((id) => id === 'b')).toHaveLength(1)
    expect(ids.filter((id) => /^shadow-[a-z0-9]{20}$/.test(id ?? ''))).toHaveLength(2)
  })

  it('is another set for another seed, near what chance gives', () => {
    const [one, two] = [1, 2].map((seed) => new Set(draw(candidates(), { ...settings, seed }).rows.map(digestJson)))
    expect((one as Set<string>).intersection(two as Set<string>).size).toBeLessThan(60)
  })

  it('is one stratum when told so', () => {
    const { manifest } = draw(candidates(), { ...settings, stratify: false })
    expect(manifest.strata).toEqual({ '(all)': { available: 3000, drawn: 245 } })
  })

  it('refuses when copies are all that is left', () => {
    const same = Array.from({ length: 10 }, (_, i) => ({
      source: 's@0',
      number: i + 1,
      row: { prompt: 'q', answer: 'a' },
    }))
    const fault = thrown(() => draw(same, { n: 2, seed: 0, stratify: true }))
    expect(fault.message).toContain('the sources hold 1')
    expect(fault.errors[0]).toMatchObject({ pointer: '/n', remedy: 'Ask for at most 1 rows, or add sources.' })
  })
})
