import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collectEntities } from '../../../../core/data-factory/difficulty/entities.ts'
import { createHashSet } from '../../../../core/data-factory/difficulty/hash-set.ts'
import { createScanner } from '../../../../core/text/scan-words.ts'

function entities(text: string): number {
  const found = createHashSet()
  collectEntities(text, createScanner().scan(text), found)
  return found.size
}

/** The same rule on strings, for ASCII text without titles. */
function bySplitting(text: string): number {
  const spans = new Set<string>()
  const matches = [...text.matchAll(/[A-Za-z0-9]+/g)]
  let span: string[] = []
  const close = () => {
    if (span.length > 0) spans.add(span.join(' ').toLowerCase())
    span = []
  }
  for (const [i, match] of matches.entries()) {
    const word = match[0]
    const before = matches[i - 1]
    const gap = before ? text.slice(before.index + before[0].length, match.index) : '\n'
    const initial = before !== undefined && /^[A-Z]$/.test(before[0]) && /^\.[^.!?:"\n]*$/.test(gap)
    const begins = !initial && /[.!?:"\n]/.test(gap)
    const joins = initial || /^[ \-']?$/.test(gap)
    const capital = /^[A-Z]/.test(word) && word !== 'I'
    if (!(capital && joins && !begins)) close()
    if (capital && (!begins || /\d/.test(word))) span.push(word)
  }
  close()
  return spans.size
}

describe('collectEntities', () => {
  it.each([
    ['Yesterday Alice met Bob Stone in New York City.', 3],
    ['Alice left. Bob stayed.', 0],
    ['She asked Alice, and Alice asked ALICE.', 1],
    ['He saw Mr. Smith and Dr. Jones, and J. K. Rowling.', 3],
    ['Then I said that I am here.', 0],
    ['R2D2 saw a B52 over 5th street at 10am.', 2],
    ['It reads: Paris is in France', 1],
    ['in Zürich and Ångström, über alles', 2],
    ['他读过《红楼梦》和「西游记」，也读《红楼梦》。', 2],
    ['他说“你好”，she said “hello there”', 1],
    ['', 0],
  ])('finds in %j', (text, count) => {
    expect(entities(text)).toBe(count)
  })

  it('agrees with the rule on strings', () => {
    const piece = fc.constantFrom(
      'Anna',
      'Bob',
      'I',
      'x',
      'cat',
      'B52',
      'J',
      '7',
      ' ',
      ' ',
      ' ',
      '. ',
      ', ',
      '-',
      "'",
      '\n',
      '"',
      '? ',
      ': ',
    )
    const text = fc.array(piece, { maxLength: 40 }).map((all) => all.join(''))
    fc.assert(
      fc.property(text, (any) => {
        expect(entities(any)).toBe(bySplitting(any))
      }),
      { numRuns: 2000 },
    )
  })
})
