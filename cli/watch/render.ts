import type { StageProgress } from '../../schemas/job.ts'
import { type Paint, plain, type Tone } from '../text/paint.ts'
import { duration } from '../text/values.ts'
import { pad, truncate, width } from '../text/width.ts'
import { bandTones, findingLines } from './findings.ts'
import { type Mark, pipeline, type Step } from './pipeline.ts'
import { newestMetrics, type Piece, stagePieces } from './stage-pieces.ts'
import { summary } from './summary.ts'
import { isOver, type WatchView } from './view.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const marks: Record<Mark, { sign: string; tone: Tone }> = {
  pending: { sign: '·', tone: 'dim' },
  running: { sign: '⠿', tone: 'accent' },
  done: { sign: '✓', tone: 'good' },
  refused: { sign: '✗', tone: 'warn' },
  failed: { sign: '✗', tone: 'bad' },
  cancelled: { sign: '■', tone: 'warn' },
  skipped: { sign: '–', tone: 'dim' },
}

/** The job as lines of at most `columns`: a heading, one line per pipeline stage, and once it is over what came of it. Pure. */
export function render(view: WatchView, now: Date, columns: number, paint: Paint = plain): string[] {
  const steps = pipeline(view, now)
  const nameWidth = Math.max(...steps.map((step) => width(step.name)))
  const lines = [heading(view, now, columns, paint)]
  for (const step of steps) lines.push(...stepLines(step, view, now, nameWidth, columns, paint))
  lines.push(...findingLines(view, columns, paint))
  if (isOver(view.job)) lines.push('', ...summary(view, columns, paint))
  if (view.notice) lines.push(paint('warn', truncate(view.notice, columns)))
  return lines
}

function heading({ job }: WatchView, now: Date, columns: number, paint: Paint): string {
  const end = job.finished_at === undefined ? now.getTime() : Date.parse(job.finished_at)
  const pieces: Piece[] = [
    { text: job.id, tone: 'strong', rank: 0 },
    { text: job.status, rank: 1 },
    { text: `${subjectOf(job)} (${job.profile})`, tone: 'dim', rank: 3 },
    ...(job.health ? [{ text: `health ${job.health.score}`, tone: bandTones[job.health.band], rank: 1 } as const] : []),
    ...(job.run > 1 ? [{ text: `run ${job.run}`, tone: 'dim', rank: 4 } as const] : []),
    { text: duration(end - Date.parse(job.created_at)), tone: 'dim', rank: 2 },
  ]
  return join(thinned(pieces, columns), columns, paint)
}

function subjectOf({ recipe, evaluates }: WatchView['job']): string {
  return evaluates ? `evaluates ${evaluates.name}@${evaluates.version}` : `${recipe.name}@${recipe.version}`
}

function stepLines(step: Step, view: WatchView, now: Date, nameWidth: number, columns: number, paint: Paint): string[] {
  const { sign, tone } = marks[step.mark]
  const moving = step.mark === 'running' ? frames[Math.floor(now.getTime() / 100) % frames.length] : sign
  const dull = step.mark === 'pending' || step.mark === 'skipped'
  const room = columns - nameWidth - 4
  const line = (body: string) => {
    const name = body === '' ? step.name : pad(step.name, nameWidth)
    return `${paint(tone, moving ?? sign)} ${dull ? paint('dim', name) : name}${body === '' ? '' : `  ${body}`}`
  }

  const elapsed: Piece[] =
    step.elapsedMs === undefined ? [] : [{ text: duration(step.elapsedMs), tone: 'dim', rank: 5 }]
  const detail: Piece[] =
    step.detail === '' ? [] : [{ text: step.detail, rank: 0, ...(dull && { tone: 'dim' as const }) }]
  const progress = step.stage ? stagePieces(step, view.paces.get(step.stage.index)) : []
  const metrics = step.stage && step.mark !== 'pending' ? metricsPieces(step.stage) : []
  const whole = [...progress, ...detail, ...metrics, ...elapsed]
  if (widthOf(whole) <= room) return [line(join(whole, room, paint))]
  const shown = line(join(thinned([...progress, ...detail, ...elapsed], room), room, paint))
  if (step.mark !== 'running' || metrics.length === 0) return [shown]
  return [shown, ' '.repeat(nameWidth + 4) + join(metrics, room, paint)]
}

function metricsPieces(stage: StageProgress): Piece[] {
  const { texts, finite } = newestMetrics(stage)
  return texts.map((text) => ({ text, tone: finite ? 'accent' : 'bad', rank: 9 }))
}

const between = '  '

/** Leaves out pieces, the highest rank first, until the rest fits. Rank 0 stays. */
function thinned(pieces: readonly Piece[], columns: number): Piece[] {
  let kept = [...pieces]
  while (widthOf(kept) > columns) {
    const highest = Math.max(...kept.map((piece) => piece.rank))
    if (highest === 0) break
    kept = kept.filter((piece) => piece.rank < highest)
  }
  return kept
}

function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + width(piece.text), 0) + between.length * Math.max(0, pieces.length - 1)
}

function join(pieces: readonly Piece[], columns: number, paint: Paint): string {
  let left = columns
  const parts: string[] = []
  for (const { text, tone } of pieces) {
    const cut = truncate(text, Math.max(0, left))
    left -= width(cut) + between.length
    if (cut !== '') parts.push(tone ? paint(tone, cut) : cut)
  }
  return parts.join(between)
}
