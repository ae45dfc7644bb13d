import { expect, it } from 'vitest'
import { createLeakIndex } from '../../../../core/data-factory/leak/leak-index.ts'
import { leakDefaults } from '../../../../core/data-factory/leak/leak-options.ts'
import { hashWord } from '../../../../core/text/scan-words.ts'

/** Two different words with one hash: among 400,000 words some are bound to be. */
function collidingWords(): [string, string] {
  const first = new Map<number, string>()
  let state = 1
  for (let i = 0; i < 400_000; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const word = `w${state.toString(36)}x${i.toString(36)}`
    const known = first.get(hashWord(word))
    if (known) return [known, word]
    first.set(hashWord(word), word)
  }
  throw new Error('no two words have the same hash')
}

const [one, other] = collidingWords()
const index = (text: string) => createLeakIndex([{ suite: 's', index: 0, text }], leakDefaults)

it('words with the same hash are not taken for each other', () => {
  const long = index(`there is a ${one} in the garden`)
  expect(long.check(`there is a ${other} in the garden`)).toEqual([])
  expect(long.best()[0]?.plain).toBeNull()
  expect(long.check(`there is a ${one} in the garden`)).toMatchObject([{ pass: 'plain', containment: 1 }, {}])

  const short = index(`one ${one}`)
  expect(short.check(`one ${other}`)).toEqual([])
  expect(short.check(`one ${one}`)).toMatchObject([{ pass: 'plain', containment: 1 }])
})

it('an item whose own n-grams have the same hash is still found', () => {
  const text = `my dog ate ${one} at noon . my dog ate ${other} at noon`
  expect(index(text).check(`Look: ${text}`)).toMatchObject([{ pass: 'plain', containment: 1 }, {}])
})

it('so when only a part of them has to be there', () => {
  const parts = createLeakIndex([{ suite: 's', index: 0, text: `a ${one} ${other}` }], {
    ngram: 1,
    threshold: 0.6,
    masked: false,
  })
  expect(parts.check(`${one} or ${other}`)).toMatchObject([{ containment: 2 / 3 }])
})
