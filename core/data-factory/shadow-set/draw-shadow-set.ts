import type { Row } from '../../../schemas/rows.ts'
import { deterministicId, digestJson, sha256 } from '../../platform/digest.ts'
import { Fault } from '../../platform/fault.ts'
import { createKeeper, type Keeper } from '../select/keep-smallest.ts'
import { allocate } from '../select/largest-remainder.ts'
import type { ShadowManifest } from './manifest.ts'

export interface ShadowSettings {
  n: number
  seed: number
  stratify: boolean
  tag?: string | undefined
}

export interface ShadowCandidate {
  /** dataset@digest */
  source: string
  /** In the source, from 1. */
  number: number
  row: Row
}

export interface ShadowSet {
  rows: Row[]
  manifest: ShadowManifest
}

const everything = '(all)'
const noTask = '(none)'

/**
 * A seeded sample of n rows, shared out over tasks by largest remainder of their row counts. What is drawn depends on the seed and
 * on what the rows say, not on their order, ids or copies. `finish` throws Fault `invalid` when there are too few different rows.
 */
export function createShadowDraw(settings: ShadowSettings) {
  const { n, seed, stratify } = settings
  const strata = new Map<string, Keeper<ShadowCandidate>>()

  return {
    add(candidate: ShadowCandidate): void {
      const { id: _id, ...content } = candidate.row
      const stratum = stratify ? (candidate.row.task ?? noTask) : everything
      let keeper = strata.get(stratum)
      if (!keeper) {
        keeper = createKeeper(n, firstOf)
        strata.set(stratum, keeper)
      }
      keeper.add(sha256(`${seed}:${digestJson(content)}`), candidate)
    },

    finish(): ShadowSet {
      const names = [...strata.keys()].sort()
      const available = Object.fromEntries(names.map((name) => [name, strata.get(name)?.distinct ?? 0]))
      const total = Object.values(available).reduce((sum, count) => sum + count, 0)
      if (!(total >= n)) throw tooFew(n, total)
      const sizes = allocate(n, available)
      const drawn = names.flatMap((name) => strata.get(name)?.finish(sizes[name]) ?? [])
      return describe(drawn, settings, available, sizes)
    },
  }
}

function describe(
  drawn: { rank: string; value: ShadowCandidate }[],
  { n, seed, stratify, tag }: ShadowSettings,
  available: Record<string, number>,
  sizes: Record<string, number>,
): ShadowSet {
  const ids = Map.groupBy(drawn, ({ value }) => value.row.id)
  const rows = drawn.map(({ rank, value: { row } }): Row => {
    const unique = row.id !== undefined && ids.get(row.id)?.length === 1
    return unique ? row : { ...row, id: `shadow-${deterministicId(rank)}` }
  })
  const items = rows.map((row, i) => {
    const { source, number } = (drawn[i] as (typeof drawn)[number]).value
    return { source, row: number, id: row.id as string, sha256: digestJson(row) }
  })
  const strata = Object.entries(available).map(([name, count]) => [name, { available: count, drawn: sizes[name] ?? 0 }])
  return {
    rows,
    manifest: {
      n,
      seed,
      ...(tag !== undefined && { tag }),
      stratified: stratify,
      strata: Object.fromEntries(strata),
      items,
      digest: sha256(items.map((item) => item.sha256).join('\n')),
    },
  }
}

/** Of two rows that say the same, the one that any order of reading agrees on. */
function firstOf(a: ShadowCandidate, b: ShadowCandidate): ShadowCandidate {
  if (a.source !== b.source) return a.source < b.source ? a : b
  return a.number <= b.number ? a : b
}

function tooFew(n: number, total: number): Fault {
  const message = `a shadow set of ${n} rows needs as many different rows, and the sources hold ${total}`
  const remedy = total === 0 ? 'Name sources that hold rows.' : `Ask for at most ${total} rows, or add sources.`
  return new Fault('invalid', message, { errors: [{ pointer: '/n', code: 'too_few_rows', message, remedy }] })
}
