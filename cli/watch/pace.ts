import type { JobView } from '../../schemas/job.ts'
import type { Pace } from './view.ts'

interface Sample {
  at: number
  step: number
}

const windowMs = 20_000

/** Measures steps per second over the last 20 s. Steps come in bursts, so only moments at which the step grew count. */
export function createPaceMeter(): { record(job: JobView, now: Date): ReadonlyMap<number, Pace> } {
  const samples = new Map<string, Sample[]>()
  return {
    record(job, now) {
      const paces = new Map<number, Pace>()
      for (const stage of job.stages) {
        const attempt = stage.attempts.at(-1)
        if (stage.status !== 'running' || attempt?.status !== 'prepared') continue
        const key = `${stage.index}/${attempt.number}`
        const kept = keep(samples.get(key) ?? [], { at: now.getTime(), step: stage.step })
        samples.set(key, kept)
        paces.set(stage.index, paceOf(kept, now.getTime()))
      }
      return paces
    },
  }
}

function keep(samples: readonly Sample[], sample: Sample): Sample[] {
  const newest = samples.at(-1)
  if (newest && newest.step >= sample.step) return [...samples]
  const recent = samples.filter((each) => each.at >= sample.at - windowMs)
  return [...(recent.length > 0 ? recent : samples.slice(-1)), sample]
}

function paceOf(samples: readonly Sample[], now: number): Pace {
  const first = samples[0] as Sample
  const last = samples.at(-1) as Sample
  const idleMs = now - last.at
  if (last.at === first.at) return { idleMs }
  return { idleMs, stepsPerSecond: ((last.step - first.step) * 1000) / (last.at - first.at) }
}
