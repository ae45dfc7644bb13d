import type { StageProgress } from '../../schemas/job.ts'
import { time } from '../text/values.ts'
import { pad } from '../text/width.ts'
import { adviceOf } from './findings.ts'
import { stageName } from './pipeline.ts'
import { newestMetrics, shareOf, speed } from './stage-pieces.ts'
import { isOver, type WatchView } from './view.ts'

/** Tells a job's story in plain lines: each event once, and each tenth of each attempt once. Keeps what it has told. */
export function createNarrator(): { tell(view: WatchView, now: Date): string[] } {
  const told = new Set<string>()
  const tenths = new Map<string, number>()
  let notice: string | undefined

  function progress(view: WatchView, stage: StageProgress, now: Date): string[] {
    const attempt = stage.attempts.at(-1)
    if (isOver(view.job) || stage.status !== 'running' || attempt?.status !== 'prepared') return []
    const key = `${stage.index}/${attempt.number}`
    const tenth = Math.floor(10 * shareOf(stage))
    if (tenth <= (tenths.get(key) ?? Math.floor((10 * attempt.resumed_from_step) / stage.planned_steps))) return []
    tenths.set(key, tenth)
    return [storyLine(now.toISOString(), view.job.status, progressText(view, stage, attempt.number))]
  }

  return {
    tell(view, now) {
      const fresh = view.events.filter((event) => !told.has(event.id))
      for (const event of fresh) told.add(event.id)
      const lines = view.job.stages.flatMap((stage) => progress(view, stage, now))
      const changed = view.notice !== notice ? [view.notice ?? 'the server answers again'] : []
      notice = view.notice
      const story = fresh.flatMap((event) => [
        storyLine(event.time, event.status, event.message),
        ...adviceOf(event, view.anomalies).map((advice) => `${' '.repeat(messageColumn)}> ${advice}`),
      ])
      return [...story, ...lines, ...changed]
    },
  }
}

function progressText(view: WatchView, stage: StageProgress, attempt: number): string {
  const parts = [
    `${stageName(stage)}: step ${stage.step} of ${stage.planned_steps} (${Math.floor(100 * shareOf(stage))} %)`,
    `attempt ${attempt}`,
    ...speed(stage, view.paces.get(stage.index)).map((piece) => piece.text),
    ...newestMetrics(stage).texts,
    ...(view.job.health ? [`health ${view.job.health.score}`] : []),
  ]
  return parts.join(', ')
}

// Of the plain lines below.
const messageColumn = 34

/** `time  status  text`; further lines of the text stand below its first. */
export function storyLine(at: string, status: string, text: string): string {
  return `${time(at)}  ${pad(status, 10)}  ${text.replaceAll('\n', `\n${' '.repeat(messageColumn)}`)}`
}
