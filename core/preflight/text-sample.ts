import { seededHash } from '../data-factory/select/seeded-order.ts'

const maxCharacters = 64 * 1024 * 1024

/** Everything while it has at most 64 Mi characters, and beyond a uniform sample that the seed decides. */
export function createTextSample<Item>(seed: number) {
  let kept: { item: Item; rank: number; characters: number }[] = []
  let bar = Number.POSITIVE_INFINITY
  let characters = 0
  let offered = 0

  return {
    add(item: Item, length: number): void {
      const rank = seededHash(seed, offered)
      offered += 1
      if (rank >= bar) return
      kept.push({ item, rank, characters: length })
      characters += length
      while (characters > maxCharacters && kept.length > 1) {
        bar = Math.min(bar, 2 ** 53) / 2
        kept = kept.filter((each) => each.rank < bar)
        characters = kept.reduce((sum, each) => sum + each.characters, 0)
      }
    },
    kept: (): Item[] => kept.map(({ item }) => item),
  }
}
