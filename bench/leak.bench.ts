import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { gunzipSync } from 'node:zlib'
import { createLeakIndex, type LeakItem } from '../core/data-factory/leak/leak-index.ts'
import { leakDefaults } from '../core/data-factory/leak/leak-options.ts'
import { mergeMatches } from '../core/data-factory/leak/merge-matches.ts'

const samples = 300_000
const wordsOfSample = 150
const plantEvery = 1000
const threads = 2
const folder = new URL('../../shared/data/', import.meta.url)
const isReal = existsSync(folder)

/**
 * Both passes over 300,000 samples of about 150 words against 1,983 evaluation items, one planted in every thousandth sample and every
 * second of these with other numbers. Only the check is timed, scanning the words included; making the samples is not. With two
 * threads it is the time of the slower one, both at work at once.
 */
export default async function leak(): Promise<object> {
  const items = evaluationItems()
  const started = performance.now()
  const index = createLeakIndex(items, leakDefaults)
  const build = seconds(performance.now() - started)
  const [single] = await runThreads(items, 1)
  const both = await runThreads(items, threads)
  if (single?.plantedFound !== sum(both.map((part) => part.plantedFound)))
    throw new Error('one thread and two found different samples')
  const best = mergeMatches(both.map((part) => part.best))
  return {
    seconds: Math.max(...both.map((part) => part.seconds)),
    threads,
    single_thread_seconds: single?.seconds,
    build_seconds: build,
    samples,
    words: single?.words,
    items: index.items,
    unjudged: index.unjudged,
    planted: samples / plantEvery,
    planted_found: sum(both.map((part) => part.plantedFound)),
    other_samples_found: sum(both.map((part) => part.othersFound)),
    items_matched: best.filter((each) => each.plain ?? each.masked).length,
    rss_mb: Math.round(process.memoryUsage().rss / 2 ** 20),
    processors: availableParallelism(),
    items_from: isReal ? 'GSM8K test, MATH-500, HumanEval' : 'generated stand-ins',
    samples_from: isReal ? 'sentences of GSM8K train in random order' : 'generated words',
  }
}

interface Part {
  seconds: number
  words: number
  plantedFound: number
  othersFound: number
  best: ReturnType<ReturnType<typeof createLeakIndex>['best']>
}

async function runThreads(items: LeakItem[], count: number): Promise<Part[]> {
  const workers = Array.from({ length: count }, (_, part) =>
    once(new Worker(new URL(import.meta.url), { workerData: { items, part, count } }), 'message'),
  )
  return (await Promise.all(workers)).map(([part]) => part as Part)
}

if (!isMainThread) {
  const { items, part, count } = workerData as { items: LeakItem[]; part: number; count: number }
  parentPort?.postMessage(checkPart(items, part, count))
}

function checkPart(items: LeakItem[], part: number, count: number): Part {
  const index = createLeakIndex(items, leakDefaults)
  const random = seededRandom(part + 1)
  const sentences = sentencesOf(random)
  const result = { seconds: 0, words: 0, plantedFound: 0, othersFound: 0 }
  for (let first = part; first < samples; first += 1000 * count) {
    const rows = Array.from(
      { length: Math.min(1000, Math.ceil((samples - first) / count)) },
      (_, i) => first + i * count,
    )
    const texts = rows.map((row) => makeSample(row, sentences, items, random))
    const started = performance.now()
    const found = texts.map((text, i) => index.check(text, rows[i]).length > 0)
    result.seconds += (performance.now() - started) / 1000
    for (const [i, text] of texts.entries()) {
      result.words += text.split(' ').length
      if (found[i] && isPlanted(rows[i] as number)) result.plantedFound++
      else if (found[i]) result.othersFound++
    }
  }
  return { ...result, seconds: seconds(result.seconds * 1000), best: index.best() }
}

function isPlanted(row: number): boolean {
  return row % plantEvery === 0
}

function makeSample(row: number, sentences: string[], items: LeakItem[], random: () => number): string {
  const parts: string[] = []
  if (isPlanted(row)) {
    const { text } = items[(row / plantEvery) % items.length] as LeakItem
    const changed = text.replace(/\d+/g, (number) => String(Number(number) + 7))
    parts.push((row / plantEvery) % 2 ? changed : text)
  }
  for (let words = 0; words < wordsOfSample; ) {
    const sentence = sentences[Math.floor(random() * sentences.length)] as string
    parts.push(sentence)
    words += sentence.split(' ').length
  }
  return parts.join(' ')
}

function evaluationItems(): LeakItem[] {
  const generated = sentencesOf(seededRandom(99), false)
  const suite = (name: string, size: number, texts: () => string[]): LeakItem[] =>
    (isReal ? texts() : Array.from({ length: size }, (_, i) => generated.slice(4 * i, 4 * i + 4).join(' '))).map(
      (text, index) => ({ suite: name, index, text }),
    )
  return [
    ...suite('gsm8k', 1319, () => lines('gsm8k_test.jsonl').map((row) => row.question as string)),
    ...suite('math500', 500, () =>
      (JSON.parse(read('math500_test.json')) as { problem: string }[]).map((row) => row.problem),
    ),
    ...suite('humaneval', 164, () => lines('HumanEval.jsonl.gz').map((row) => row.prompt as string)),
  ]
}

function sentencesOf(random: () => number, real = isReal): string[] {
  if (real)
    return lines('gsm8k_train.jsonl.gz').flatMap((row) => `${row.question} ${row.answer}`.split(/(?<=[.?])\s+|\n/))
  const vocabulary = Array.from({ length: 20_000 }, (_, i) => (i % 10 ? i.toString(36) : String(i)))
  const word = () => vocabulary[Math.floor(random() ** 3 * vocabulary.length)] as string
  return Array.from({ length: 30_000 }, () => Array.from({ length: 12 }, word).join(' '))
}

function lines(file: string): Record<string, unknown>[] {
  return read(file)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function read(file: string): string {
  const bytes = readFileSync(new URL(file, folder))
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
}

function seededRandom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 0x100000000
  }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function seconds(ms: number): number {
  return Math.round(ms / 10) / 100
}
