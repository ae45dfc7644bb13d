import type { Row } from '../../../schemas/rows.ts'
import { conversationSize } from '../../text/describe-row.ts'
import { createScanner, hashWord, type WordScan } from '../../text/scan-words.ts'
import { chineseConnectives, englishConnectives } from './connectives.ts'
import { collectEntities } from './entities.ts'
import { createHashSet } from './hash-set.ts'
import { countOperations } from './operations.ts'
import { rowParts } from './row-parts.ts'
import { chineseStopWords, englishStopWords } from './stop-words.ts'

/** What makes a row hard, in the order of the columns. */
export const featureNames = ['len', 'turns', 'hops', 'ents', 'ops', 'conn', 'clue_overlap'] as const
export type FeatureName = (typeof featureNames)[number]
/** The column of each feature. */
export const featureIndex = { len: 0, turns: 1, hops: 2, ents: 3, ops: 4, conn: 5, clue_overlap: 6 } as const

const scanner = createScanner()
const connectives = createHashSet(englishConnectives.map(hashWord))
const connectivePairs = createHashSet(
  chineseConnectives.map((word) => pairHash(hashWord(word.charAt(0)), hashWord(word.charAt(1)))),
)
const stopWords = createHashSet([...englishStopWords, ...chineseStopWords].map(hashWord))
const entities = createHashSet()
const clues = createHashSet()
const met = createHashSet()

/**
 * The seven features of a row of `tokens` tokens: tokens, turns, tool calls, distinct entities, arithmetic steps of the rationale,
 * connectives per word (0..1), and the share of the question's words that the evidence, else the rationale or reply, holds (0..1;
 * 0 for a question of stop words). Each value is a 32-bit float, so that a column of them loses nothing.
 */
export function features(row: Row, tokens: number): Float64Array {
  entities.clear()
  clues.clear()
  met.clear()
  const parts = rowParts(row)
  const evidence = row.evidence ?? ''
  let words = 0
  let linked = 0
  let operations = 0

  for (const { text, asks, reasons } of parts) {
    const scan = scanner.scan(text)
    words += scan.count
    linked += countConnectives(text, scan)
    collectEntities(text, scan, entities)
    if (asks) collectClues(text, scan, evidence)
    if (reasons) operations += countOperations(text)
    if (reasons && evidence === '') meet(scan)
  }
  if (evidence !== '') meet(scanner.scan(evidence))

  const { turns, tool_calls } = conversationSize(row)
  return Float64Array.of(
    tokens,
    turns,
    tool_calls,
    entities.size,
    operations,
    words === 0 ? 0 : Math.fround(linked / words),
    clues.size === 0 ? 0 : Math.fround(met.size / clues.size),
  )
}

const firstHan = 0x2e80

function countConnectives(text: string, { count, hashes, starts, ends }: WordScan): number {
  let found = 0
  for (let i = 0; i < count; i++) {
    const hash = hashes[i]!
    if (connectives.has(hash)) found += 1
    else if (text.charCodeAt(starts[i]!) >= firstHan && i + 1 < count && starts[i + 1] === ends[i]) {
      if (!connectivePairs.has(pairHash(hash, hashes[i + 1]!))) continue
      found += 1
      i += 1
    }
  }
  return found
}

/** The words of the question but for stop words. Evidence that the question quotes is no part of what is asked. */
function collectClues(text: string, { count, hashes, starts }: WordScan, evidence: string): void {
  const quoted = evidence === '' ? -1 : text.indexOf(evidence)
  const quotedEnd = quoted + evidence.length
  for (let i = 0; i < count; i++) {
    if (quoted >= 0 && starts[i]! >= quoted && starts[i]! < quotedEnd) continue
    const hash = hashes[i]!
    if (!stopWords.has(hash)) clues.add(hash)
  }
}

/** Notes the clues that a context holds. The parts that ask come before those that reason, so all clues are known. */
function meet({ count, hashes }: WordScan): void {
  for (let i = 0; i < count; i++) if (clues.has(hashes[i]!)) met.add(hashes[i]!)
}

function pairHash(first: number, second: number): number {
  return (Math.imul(first, 31) + second) >>> 0
}
