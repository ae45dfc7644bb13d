import type { Measure } from './measure.ts'
import { shuffledOrder } from './shuffle.ts'
import { createDivergences, type Slice, type TrigramSource } from './slice-divergences.ts'

export const kl3Definition = 'kl3/1'
/** A group of fewer samples is not judged; it stays in the rest that others are compared with. */
export const minGroupSamples = 200
const nullRepeats = 20
const maxListedGroups = 100

/** What one way of grouping says of each sample: the place of its group in `names`, -1 for none. */
export interface Grouping {
  attribute: string
  names: readonly string[]
  codes: Int32Array
}

export interface Kl3Group {
  attribute: string
  name: string
  n: number
  raw: number
  /** The same for random groups of its size: the mean of 20 seeded relabellings. */
  null: number
  excess: number
}

export interface Kl3 extends Measure {
  trigrams: number
  /** The least excess first; at most 100. */
  groups: Kl3Group[]
}

/**
 * Whether each group adds text of its own within its task: the least KL(group || rest of the task) over character 3-grams, less what
 * random groups of that size show. Smoothing p(x) = (c + 0.5) / (N + 0.5 V), nats. An attribute without two groups of 200 samples
 * says nothing; null when none has them.
 */
export function measureKl3(source: TrigramSource, groupings: readonly Grouping[], seed: number, sampled = false): Kl3 {
  const drawn = sampled ? ['sampled'] : []
  const judged = groupings.map(groupsOf).filter(({ groups }) => groups.length >= 2)
  if (judged.length === 0) return notMeasured(source.count, [...drawn, 'fewer_than_two_groups'])
  const divergences = createDivergences(source)
  if (divergences.trigrams === 0) return notMeasured(source.count, [...drawn, 'no_text'])
  const raw = judged.map(({ order, groups }) => divergences.of(order, slicesOf(groups, 0)))
  const nulls = nullsOf(source.count, divergences, judged, seed)

  const groups = judged
    .flatMap((each, a) =>
      each.groups.map(({ name, n }, g): Kl3Group => {
        const own = { raw: raw[a]![g]!, null: nulls[a]![g]! }
        return { attribute: each.attribute, name, n, ...own, excess: own.raw - own.null }
      }),
    )
    .sort((a, b) => a.excess - b.excess)
  const ungrouped = groupings.filter(({ attribute }) => !judged.some((each) => each.attribute === attribute))
  return {
    value: groups[0]!.excess,
    n: source.count,
    definition: kl3Definition,
    flags: [...drawn, ...ungrouped.map(({ attribute }) => `not_by_${attribute}`)],
    trigrams: divergences.trigrams,
    groups: groups.slice(0, maxListedGroups),
  }
}

function notMeasured(n: number, flags: string[]): Kl3 {
  return { value: null, n, definition: kl3Definition, flags, trigrams: 0, groups: [] }
}

interface JudgedGrouping {
  attribute: string
  groups: { name: string; n: number }[]
  /** Samples of the groups, one group after the other; the samples of no judged group last. */
  order: Uint32Array
}

function groupsOf({ attribute, names, codes }: Grouping): JudgedGrouping {
  const sizes = new Uint32Array(names.length)
  for (const code of codes) if (code >= 0) sizes[code]!++
  const judged = [...names.keys()].filter((code) => sizes[code]! >= minGroupSamples)
  const next = new Float64Array(names.length).fill(Number.NaN)
  let end = 0
  for (const code of judged) {
    next[code] = end
    end += sizes[code]!
  }
  const order = new Uint32Array(codes.length)
  for (const [sample, code] of codes.entries()) {
    const place = next[code]
    if (place === undefined || Number.isNaN(place)) order[end++] = sample
    else {
      order[place] = sample
      next[code] = place + 1
    }
  }
  return { attribute, groups: judged.map((code) => ({ name: names[code]!, n: sizes[code]! })), order }
}

/** One relabelling serves every attribute: its slices at the group sizes are random groups of each. */
function nullsOf(
  samples: number,
  divergences: ReturnType<typeof createDivergences>,
  judged: readonly JudgedGrouping[],
  seed: number,
): number[][] {
  const slices = judged.flatMap(({ groups }, attribute) => slicesOf(groups, attribute))
  const sums = new Float64Array(slices.length)
  for (let repeat = 0; repeat < nullRepeats; repeat++) {
    const order = shuffledOrder(samples, Math.imul(seed, 31) + repeat + 1)
    for (const [i, value] of divergences.of(order, slices).entries()) sums[i]! += value
  }
  const means = [...sums].map((sum) => sum / nullRepeats)
  return judged.map(({ groups }) => means.splice(0, groups.length))
}

function slicesOf(groups: readonly { n: number }[], lane: number): Slice[] {
  let end = 0
  return groups.map(({ n }) => {
    end += n
    return { lane, end }
  })
}
