import type { BuildRequest } from '../../../schemas/build.ts'
import type { DatasetReport } from '../../../schemas/dataset.ts'
import type { Clusters } from '../near-dup/cluster.ts'
import { seedFor } from '../select/seeded-order.ts'
import { split } from '../select/split.ts'
import { measureDifficulty } from './measure-difficulty.ts'
import { newTotals, type OperatorTotals } from './operator-totals.ts'
import type { RowSpool } from './row-spool.ts'
import { shareRows } from './share-rows.ts'

export interface Selection {
  /** Names of the parts; one unnamed part without a split. */
  parts: string[]
  /** Of each row: its part from 1, or 0 when it is in none. */
  partOf: Uint8Array
  totals: OperatorTotals[]
  /** Of each row, where difficulty was measured: 0 easy, 1 medium, 2 hard. */
  bucketOf?: Uint8Array
  /** What the operators on sets of rows have to say in the report. */
  report: Pick<DatasetReport, 'difficulty'>
  whyLeftOut(row: number): { totals: OperatorTotals; reason: string; detail?: string }
  /** Rows of a part that repeat an earlier one of the build; none once duplicates are left out. */
  repeatsIn(part: number): number
}

type Operators = Extract<BuildRequest, { kind: 'dataset' }>['operators']

/**
 * What needs to see all rows: duplicates, difficulty, split, and in each part balance and mix, in this order: a part drawn from what
 * was balanced would be balanced no more. The first row of a group of duplicates stays. The same rows, request and seed select the same.
 */
export async function selectRows(
  spool: RowSpool,
  clusters: Clusters | undefined,
  request: BuildRequest,
  comparingSeconds = 0,
): Promise<Selection> {
  const selector = createSelector(spool.rows)
  if (request.kind !== 'dataset') return selector.finish(clusters)
  const { operators, seed } = request
  dropDuplicates(selector, clusters, operators, comparingSeconds)
  const { balance, difficulty, mix, split: parts } = operators
  const measured = difficulty ? await measureDifficulty(spool, selector.kept(), difficulty) : undefined
  if (measured) selector.add(measured.totals)
  if (parts) {
    const total = selector.begin('split')
    const clusterOf = clusters?.clusterOf ?? identity(spool.rows)
    const shared = split(clusterOf, selector.kept(), parts.parts, seedFor(seed, 'split'))
    for (const [name, { wanted, got }] of Object.entries(shared.shares))
      total.notes.push(`${name}: ${(100 * got).toFixed(2)} % of the rows, ${(100 * wanted).toFixed(2)} % asked for`)
    selector.share(shared.parts)
    selector.end(total)
  }
  const shares = { balance, mix, parts: parts ? parts.parts : { '': 1 }, seed, bucketOf: measured?.bucketOf }
  await shareRows(spool, selector, shares)
  const finished = selector.finish(clusters)
  if (!measured) return finished
  return { ...finished, bucketOf: measured.bucketOf, report: { difficulty: measured.frozen } }
}

/** Rows of a part, ascending. */
export function keptIn({ partOf }: Pick<Selection, 'partOf'>, part: number): Uint32Array {
  return indexesOf(partOf, part + 1)
}

function dropDuplicates(
  selector: ReturnType<typeof createSelector>,
  clusters: Clusters | undefined,
  { exact_duplicates, near_duplicates }: Operators,
  seconds: number,
): void {
  if (!clusters) return
  if (exact_duplicates) {
    const total = selector.begin('exact_duplicates')
    for (const row of selector.kept())
      if (clusters.exactOf[row] !== row) selector.drop(row, total, 'exact_duplicate', clusters.exactOf[row])
    selector.end(total)
  }
  if (near_duplicates) {
    const total = selector.begin('near_duplicates')
    for (const row of selector.kept())
      if (clusters.clusterOf[row] !== row) selector.drop(row, total, 'near_duplicate', clusters.clusterOf[row])
    total.seconds = seconds
    if (clusters.skipped > 0) total.notes.push(`${clusters.skipped} comparisons were skipped in overfull groups`)
    selector.end(total)
  }
}

export type Selector = ReturnType<typeof createSelector>

function createSelector(rows: number) {
  const partOf = new Uint8Array(rows).fill(1)
  const reasonOf = new Uint8Array(rows)
  const reasons: { totals: OperatorTotals; reason: string }[] = []
  const repeated = new Map<number, number>()
  const totals: OperatorTotals[] = []
  let parts = ['']
  const kept = () => indexesWhere(partOf, (part) => part !== 0)

  function drop(row: number, total: OperatorTotals, reason: string, like?: number): void {
    let code = reasons.findIndex((each) => each.totals === total && each.reason === reason)
    if (code === -1) code = reasons.push({ totals: total, reason }) - 1
    partOf[row] = 0
    reasonOf[row] = code
    if (like !== undefined) repeated.set(row, like)
  }

  return {
    kept,
    drop,
    /** Rows of the part at this place, in the order of the parts. */
    inPart: (part: number) => indexesOf(partOf, part + 1),
    partNames: () => parts,
    add: (total: OperatorTotals) => totals.push(total),
    begin(operator: string): OperatorTotals {
      return { ...newTotals(operator), rows_in: kept().length }
    },
    end(total: OperatorTotals): void {
      total.rows_out = kept().length
      totals.push(total)
    },
    keepOnly(of: Uint32Array, wanted: Uint32Array, total: OperatorTotals, reason: string): void {
      const staying = new Set(wanted)
      for (const row of of) if (!staying.has(row)) drop(row, total, reason)
    },
    share(shared: Readonly<Record<string, Uint32Array>>): void {
      parts = Object.keys(shared)
      for (const [i, part] of parts.entries()) for (const row of shared[part] as Uint32Array) partOf[row] = i + 1
    },
    finish(clusters: Clusters | undefined): Selection {
      return {
        parts,
        partOf,
        totals,
        report: {},
        whyLeftOut(row) {
          const why = reasons[reasonOf[row] as number]
          if (!why) return { totals: newTotals('selection'), reason: 'not_selected' }
          const like = repeated.get(row)
          return like === undefined
            ? why
            : { ...why, detail: `repeats row ${like + 1} of those that reached this operator` }
        },
        repeatsIn(part) {
          if (!clusters) return 0
          let repeats = 0
          for (const row of indexesOf(partOf, part + 1)) if (clusters.exactOf[row] !== row) repeats += 1
          return repeats
        },
      }
    },
  }
}

const indexesOf = (codes: Uint8Array, code: number) => indexesWhere(codes, (each) => each === code)

function indexesWhere(codes: Uint8Array, wanted: (code: number) => boolean): Uint32Array {
  const found = new Uint32Array(codes.length)
  let count = 0
  for (let i = 0; i < codes.length; i++) if (wanted(codes[i] as number)) found[count++] = i
  return found.slice(0, count)
}

const identity = (rows: number) => Uint32Array.from({ length: rows }, (_, row) => row)
