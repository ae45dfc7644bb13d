import { describe, expect, it } from 'vitest'
import { documentKey } from '../../../../core/data-factory/build/build-store.ts'
import { createTestPlatform } from '../../support/test-platform.ts'
import { build, register, story } from './support.ts'

const question = 'A farmer has twelve cows and buys seven more at the market; how many cows graze there now?'

describe('the leak report of a build', () => {
  it('names the nearest items with the source and line of their row, and counts what has 13 words in common', async () => {
    const platform = createTestPlatform()
    const half = question.split(' ').slice(0, 14).join(' ')
    await register(platform, 'one', [story(1), story(2), story(3)])
    const two = await register(platform, 'two', [story(4), { ...story(5), prompt: half }])
    const three = await register(platform, 'three', [{ ...story(6), prompt: question }])
    const exam = await register(
      platform,
      'exam',
      [
        { prompt: question, answer: '19' },
        { prompt: 'A question that nobody asked in any of these rows at all', answer: '1' },
        { prompt: '??', answer: '2' },
      ],
      { suite: true },
    )
    const sources = (names: string[]) => names.map((dataset) => ({ dataset }))
    const reportOf = async (names: string[]) => {
      const made = await build(platform, { kind: 'dataset', name: 'clean', sources: sources(names) })
      expect(made.status).toBe('succeeded')
      const bytes = await platform.blobs.get(documentKey(made.id, 'leak_report.json'))
      return JSON.parse(Buffer.from(bytes ?? []).toString())
    }

    const near = await reportOf(['one', 'two'])
    const match = { containment: expect.closeTo(10 / 14, 6), source: `two@${two.digest}`, line: 2 }
    expect(near).toEqual({
      items: 3,
      suites: [{ dataset: 'exam', digest: exam.digest }],
      unjudged: { plain: 1, masked: 0 },
      thirteen: 1,
      closest: [{ suite: 'exam', item: 1, plain: match, masked: match, thirteen: true }],
    })
    // What was left out for it is told all the same.
    const leaked = await reportOf(['one', 'two', 'three'])
    expect(leaked.closest[0].plain).toEqual({ containment: 1, source: `three@${three.digest}`, line: 1 })
  })

  it('is not written where nothing was looked for', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', [story(1), story(2)])
    const operators = { decontaminate: false }
    const made = await build(platform, { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }], operators })
    expect(await platform.blobs.get(documentKey(made.id, 'leak_report.json'))).toBeUndefined()
  })
})
