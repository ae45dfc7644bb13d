import type { Balance, Mix } from '../../../schemas/operators.ts'
import { Fault } from '../../platform/fault.ts'
import { balanceTask, drawBalanced } from '../select/balance.ts'
import { allocate } from '../select/largest-remainder.ts'
import { mixSizes } from '../select/mix.ts'
import { unionRows } from '../select/row-sets.ts'
import { drawRows, seedFor } from '../select/seeded-order.ts'
import type { RowSpool } from './row-spool.ts'
import type { Selector } from './select-rows.ts'
import { tasksOf } from './task-rows.ts'

interface Shares {
  balance: Balance | false
  mix: Mix | false
  /** Part -> share. */
  parts: Readonly<Record<string, number>>
  seed: number
  /** Of each row, where difficulty was measured: 0 easy, 1 medium, 2 hard. */
  bucketOf: Uint8Array | undefined
}

/** Below this share of a task's rows balancing has found no difference in difficulty, and throws nearly everything away. */
const leastKept = 0.02
/** Of fewer rows than this, none may be what the shares allow. */
const fewRows = 50

/**
 * In each part: every task resampled to the shares of difficulty, then the tasks to their shares of the mix, drawn within the buckets, so
 * that what is balanced stays balanced. Fault `invalid` when a task's rows hardly differ in difficulty.
 */
export async function shareRows(
  spool: RowSpool,
  selector: Selector,
  { balance, mix, ...shares }: Shares,
): Promise<void> {
  const { bucketOf, parts, seed } = shares
  const names = selector.partNames()
  const difficulty = (row: number) => bucketOf?.[row] as number
  const label = (part: number, task: string) => (names[part] ? `${names[part]}, ${task}` : task)

  if (balance && bucketOf) {
    const total = selector.begin('balance')
    for (const part of names.keys()) {
      for (const [task, rows] of await tasksOf(spool, selector.inPart(part))) {
        const balanced = balanceTask(rows, difficulty, balance, seedFor(seed, 'balance'))
        if (balanced.before >= fewRows && !(balanced.after >= leastKept * balanced.before))
          throw tooAlike(label(part, task), balanced)
        total.notes.push(`${label(part, task)}: ${balanced.why}`)
        selector.keepOnly(rows, balanced.rows, total, 'above_share')
      }
    }
    selector.end(total)
  }
  if (!mix) return
  const total = selector.begin('mix')
  const wanted = mix.rows === undefined ? {} : allocate(mix.rows, parts)
  for (const [part, name] of names.entries()) {
    const tasks = await tasksOf(spool, selector.inPart(part))
    const available = Object.fromEntries([...tasks].map(([task, rows]) => [task, rows.length]))
    const { sizes, why } = mixSizes(available, mix.weights, wanted[name])
    total.notes.push(name ? `${name}: ${why}` : why)
    const drawn = [...tasks].map(([task, rows]) => {
      const size = sizes[task] ?? 0
      return balance && bucketOf
        ? drawBalanced(rows, difficulty, balance, size, seedFor(seed, 'mix'))
        : drawRows(rows, size, seedFor(seed, 'mix'))
    })
    selector.keepOnly(selector.inPart(part), unionRows(drawn), total, 'above_share')
  }
  selector.end(total)
}

function tooAlike(where: string, { before, after, why }: { before: number; after: number; why: string }): Fault {
  return new Fault(
    'invalid',
    `balance would keep ${after} of ${before} rows of ${where} (${why}): their difficulty hardly differs; leave balance out, or add rows that differ`,
  )
}
