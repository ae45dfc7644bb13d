import type { StageProgress } from '../../schemas/job.ts'
import type { Tone } from '../text/paint.ts'
import { duration, metric } from '../text/values.ts'
import type { Step } from './pipeline.ts'
import type { Pace } from './view.ts'

/** A part of a line. Where there is no room, the highest rank goes first. */
export interface Piece {
  text: string
  tone?: Tone
  rank: number
}

const watchedMetrics: Record<StageProgress['algorithm'], readonly string[]> = {
  sft: ['total_loss', 'mean_token_accuracy'],
  grpo: ['reward_mean', 'format_accuracy', 'kl_ref'],
  dpo: ['total_loss', 'rewards/margins', 'rewards/accuracies'],
}
const barColumns = 20
const idleWorthSayingMs = 30_000

/** How far a training stage is: bar, steps, share, attempt, speed and time to go. */
export function stagePieces(step: Step, pace: Pace | undefined): Piece[] {
  const { stage, mark } = step
  const attempt = stage?.attempts.at(-1)
  if (!stage || !attempt || mark === 'pending') return []
  const share = shareOf(stage)
  const from = attempt.resumed_from_step > 0 ? ` from step ${attempt.resumed_from_step}` : ''
  const pieces: Piece[] = [
    { text: `${stage.step}/${stage.planned_steps}`, rank: 0 },
    { text: `${Math.floor(share * 100)} %`, rank: 3 },
    { text: `attempt ${attempt.number}${from}`, rank: 2, ...(attempt.number > 1 && { tone: 'warn' as const }) },
  ]
  if (mark !== 'running' || attempt.status !== 'prepared') return pieces
  return [{ text: bar(share), tone: 'accent', rank: 6 }, ...pieces, ...speed(stage, pace)]
}

/** The newest values of the metrics that tell most about the algorithm, and whether all of them are finite. */
export function newestMetrics(stage: StageProgress): { texts: string[]; finite: boolean } {
  const shown = watchedMetrics[stage.algorithm].flatMap((name) => {
    const value = stage.latest[name]
    return value === undefined ? [] : [{ name, value }]
  })
  return {
    texts: shown.map(({ name, value }) => `${name} ${metric(value)}`),
    finite: shown.every(({ value }) => typeof value === 'number'),
  }
}

/** Steps per second and seconds to go; what is not known yet is left out. */
export function speed(stage: StageProgress, pace: Pace | undefined): Piece[] {
  if (!pace) return []
  if (pace.idleMs >= idleWorthSayingMs)
    return [{ text: `no new step for ${duration(pace.idleMs)}`, tone: 'warn', rank: 1 }]
  if (!pace.stepsPerSecond) return []
  const left = (1000 * (stage.planned_steps - stage.step)) / pace.stepsPerSecond
  return [
    { text: `${metric(Number(pace.stepsPerSecond.toPrecision(2)))} steps/s`, rank: 7 },
    ...(left > 0 ? [{ text: `ETA ${duration(left)}`, rank: 4 }] : []),
  ]
}

/** 0 to 1. */
export function shareOf(stage: Pick<StageProgress, 'step' | 'planned_steps'>): number {
  return Math.min(1, stage.step / stage.planned_steps)
}

/** `columns` cells filled up to `share`. */
export function bar(share: number, columns = barColumns): string {
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * columns)
  return '█'.repeat(filled) + '░'.repeat(columns - filled)
}
