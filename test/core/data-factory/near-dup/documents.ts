import { type ClusterOptions, type Clusters, createClusterer } from '../../../../core/data-factory/near-dup/cluster.ts'
import { createSigner } from '../../../../core/data-factory/near-dup/sign.ts'
import { words } from '../../../../core/text/row-text.ts'
import { createMemoryScratch } from '../../../support/memory-scratch.ts'

const signer = createSigner()

/** Numbers 0..1 from a seed: the linear congruential generator of Numerical Recipes. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Originals of `length` words and near copies of some, with up to 4 % of the words changed. */
export function documents(seed: number, count: number, length: number): string[] {
  const random = seeded(seed)
  const word = () => `w${Math.floor(random() * 5_000)}`
  const made: string[][] = []
  for (let n = 0; n < count; n++) {
    const from = made[Math.floor(random() * made.length)]
    if (from === undefined || random() < 0.4) made.push(Array.from({ length }, word))
    else {
      const share = random() * 0.04
      made.push(from.map((each) => (random() < share ? word() : each)))
    }
  }
  return made.map((each) => each.join(' '))
}

export async function cluster(
  texts: readonly string[],
  options: Partial<ClusterOptions> & { batch?: number } = {},
): Promise<Clusters> {
  const { batch = 100, threshold = 0.85, ...rest } = options
  const space = await createMemoryScratch().open()
  const clusterer = createClusterer(space, { threshold, ...rest })
  for (let at = 0; at < texts.length; at += batch) await clusterer.add(signer.signBatch(texts.slice(at, at + batch)))
  return clusterer.finish()
}

/** Word 5-grams as strings, by the definition. */
export function shingleSet(text: string): Set<string> {
  const found = words(text.normalize('NFKC'))
  if (found.length === 0) return new Set()
  return new Set(Array.from({ length: Math.max(1, found.length - 4) }, (_, at) => found.slice(at, at + 5).join(' ')))
}

export function jaccardOfTexts(a: string, b: string): number {
  const [one, other] = [shingleSet(a), shingleSet(b)]
  const common = one.intersection(other).size
  return common / (one.size + other.size - common)
}

/** The clusters that must be found: components over pairs of one band bucket (or equal keys) that are similar enough. */
export function clustersByDefinition(texts: readonly string[], threshold: number): number[] {
  const signed = texts.map((text) => signer.sign(text))
  const of = texts.map((_, row) => row)
  for (let a = 0; a < texts.length; a++)
    for (let b = a + 1; b < texts.length; b++) {
      const equal = Buffer.compare(signed[a]!.exact, signed[b]!.exact) === 0
      const meets = signed[a]!.bands.some((hash, band) => hash === signed[b]!.bands[band])
      if (!equal && !(meets && jaccardOfTexts(texts[a]!, texts[b]!) >= threshold)) continue
      const [low, high] = [Math.min(of[a]!, of[b]!), Math.max(of[a]!, of[b]!)]
      for (let row = 0; row < of.length; row++) if (of[row] === high) of[row] = low
    }
  return of
}
