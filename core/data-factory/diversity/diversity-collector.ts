import { createScanner } from '../../text/scan-words.ts'
import { type Categories, createCategories } from './categories.ts'
import { type Distinct2, measureDistinct2 } from './distinct2.ts'
import { type Kl3, measureKl3 } from './kl3.ts'
import { createLengths, type LengthLimits, type Lengths } from './lengths.ts'
import { type Mix, measureMix } from './mix.ts'
import { createSampleStore } from './sample-store.ts'
import { type Symbols, toSymbols } from './trigram-counts.ts'

/** About 40 MB of memory for a task that reaches it. */
export const defaultMaxWords = 4_000_000

export interface DiversityOptions {
  /** Of the run: it decides the order of samples, the relabellings, and what is drawn beyond `maxWords`. */
  seed: number
  /** Words of a task that are kept for distinct2 and kl3; of a larger task a uniform sample of its samples. */
  maxWords?: number
  lengths: LengthLimits
  mix?: Readonly<Record<string, number>> | undefined
}

export interface DiversitySample {
  task: string
  template?: string | undefined
  role?: string | undefined
  style?: string | undefined
  /** Rendered, annotations stripped. */
  text: string
  tokens: number
}

export interface TaskDiversity {
  task: string
  n: number
  distinct2: Distinct2
  kl3: Kl3
  templates: Categories
  roles: Categories
  styles: Categories
  lengths: Lengths
}

/** Measures of diversity per task, over samples that come one at a time; about 9 bytes of memory a kept word of English. */
export function createDiversityCollector({ seed, maxWords = defaultMaxWords, lengths, mix }: DiversityOptions) {
  const scanner = createScanner()
  const symbols: Symbols = { units: new Uint16Array(1 << 12), length: 0, narrow: true }
  const tasks = new Map<string, ReturnType<typeof createTask>>()

  return {
    /** `words` are the hashes of the text's words where they are known already; they are copied. */
    add(sample: DiversitySample, words?: Uint32Array): void {
      let task = tasks.get(sample.task)
      if (!task) {
        task = createTask(seed, maxWords, lengths)
        tasks.set(sample.task, task)
      }
      task.add(sample, words ?? scannedWords(sample.text), toSymbols(sample.text, symbols))
    },
    finish(): { tasks: TaskDiversity[]; mix: Mix } {
      const measured = [...tasks].map(([name, task]) => ({ task: name, ...task.finish() }))
      return { tasks: measured, mix: measureMix(Object.fromEntries(measured.map(({ task, n }) => [task, n])), mix) }
    },
  }

  function scannedWords(text: string): Uint32Array {
    const { hashes, count } = scanner.scan(text)
    return hashes.subarray(0, count)
  }
}

function createTask(seed: number, maxWords: number, limits: LengthLimits) {
  const store = createSampleStore(seed, maxWords)
  const columns = { template: createCategories(), role: createCategories(), style: createCategories() }
  const lanes = ['template', 'role', 'style'] as const
  const lengths = createLengths(limits)

  return {
    add(sample: DiversitySample, words: Uint32Array, symbols: Symbols): void {
      store.add(
        words,
        symbols,
        lanes.map((lane) => columns[lane].add(sample[lane])),
      )
      lengths.add(sample.tokens)
    },
    finish(): Omit<TaskDiversity, 'task'> {
      const sampled = store.count < store.offered
      const groupings = lanes.map((attribute, lane) => ({
        attribute,
        names: columns[attribute].names(),
        codes: store.codes(lane),
      }))
      return {
        n: store.offered,
        distinct2: measureDistinct2(store.shuffledWords(), sampled),
        kl3: measureKl3(store, groupings, seed, sampled),
        templates: columns.template.finish(),
        roles: columns.role.finish(),
        styles: columns.style.finish(),
        lengths: lengths.finish(),
      }
    },
  }
}
