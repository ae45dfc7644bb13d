import { describe, expect, it } from 'vitest'
import { featureIndex, featureNames, features } from '../../../../core/data-factory/difficulty/features.ts'
import { bucketColumn, freezeTask } from '../../../../core/data-factory/difficulty/freeze-difficulty.ts'
import { renderRow, words } from '../../../../core/text/row-text.ts'
import { gsm8k, gsm8kIsHere } from '../../support/gsm8k.ts'

const terciles = { easy_below: 1 / 3, hard_above: 2 / 3 }

describe.skipIf(!gsm8kIsHere)('difficulty of GSM8K (needs ../shared/data)', () => {
  const measure = () => {
    const rows = gsm8k('train').map(({ question, answer }) => ({ prompt: question, answer }))
    const columns = featureNames.map(() => new Float32Array(rows.length))
    for (const [i, row] of rows.entries())
      for (const [feature, value] of features(row, words(renderRow(row)).length).entries()) columns[feature]![i] = value
    return columns
  }

  it('lies where the reference measured it', () => {
    const columns = measure()
    const spread = (name: keyof typeof featureIndex) => {
      const sorted = columns[featureIndex[name]]!.toSorted()
      return [0.1, 0.5, 0.9].map((share) => sorted[Math.floor(share * sorted.length)] as number)
    }
    expect(spread('ops')).toEqual([1, 4, 8])
    expect(spread('turns')).toEqual([1, 1, 1])
    expect(spread('hops')).toEqual([0, 0, 0])
    // The reference: 61/96/155 words (ours leave "####" and blanks out), 0/.027/.054, .20/.35/.52 with its own lists of words.
    expect(spread('len')).toEqual([54, 89, 148])
    expect(spread('conn')[1]).toBeCloseTo(0.027, 2)
    expect(spread('clue_overlap').map((value) => Number(value.toFixed(2)))).toEqual([0.35, 0.55, 0.78])
  })

  it('has hard items, and buckets that the overlap gates accept', () => {
    const columns = measure()
    const n = columns[0]!.length
    const codes = bucketColumn(freezeTask(columns, n, terciles), columns, n)
    const overlap = [0, 1, 2].map((code) => {
      const values = columns[featureIndex.clue_overlap]!.filter((_, row) => codes[row] === code)
      expect(Math.abs(values.length - n / 3)).toBeLessThan(10)
      return values.reduce((sum, value) => sum + value, 0) / values.length
    })
    expect(overlap[0]).toBeLessThanOrEqual(0.65)
    expect(overlap[2]).toBeGreaterThanOrEqual(0.1)
  })
})
