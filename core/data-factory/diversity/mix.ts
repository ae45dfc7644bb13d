import type { Measure } from './measure.ts'

export const mixDefinition = 'mix/1'

export interface Mix extends Measure {
  /** Largest difference of a task's share from the requested one, percentage points. */
  value: number | null
  tasks: { task: string; n: number; share: number; requested: number; differencePoints: number }[]
}

/**
 * Task shares against the requested mix, whose numbers are taken relative to their sum. A task that was not requested has a requested
 * share of 0, one that is missing a share of 0. null without samples or without a mix.
 */
export function measureMix(
  counts: Readonly<Record<string, number>>,
  requested: Readonly<Record<string, number>> | undefined,
): Mix {
  const n = sum(Object.values(counts))
  const whole = sum(Object.values(requested ?? {}))
  const names = [...new Set([...Object.keys(requested ?? {}), ...Object.keys(counts)])]
  const tasks = names.map((task) => {
    const share = n > 0 ? (counts[task] ?? 0) / n : 0
    const wanted = whole > 0 ? (requested?.[task] ?? 0) / whole : 0
    return { task, n: counts[task] ?? 0, share, requested: wanted, differencePoints: points(share - wanted) }
  })
  const known = n > 0 && whole > 0
  return {
    value: known ? Math.max(...tasks.map(({ differencePoints }) => Math.abs(differencePoints))) : null,
    n,
    definition: mixDefinition,
    flags: whole > 0 ? [] : ['no_mix_requested'],
    tasks,
  }
}

/** Without the last digits: 0.48 - 0.45 must be 3 points and not a hair more. */
function points(share: number): number {
  return Math.round(share * 1e11) / 1e9
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
