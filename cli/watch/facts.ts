import type { Paint } from '../text/paint.ts'
import { pairs } from '../text/table.ts'
import { shortDigests, time } from '../text/values.ts'
import { render } from './render.ts'
import type { WatchView } from './view.ts'

/** What was submitted, and where it stands. */
export function jobFacts(view: WatchView, now: Date, columns: number, paint: Paint): string[] {
  const { job } = view
  const labels = Object.entries(job.labels).map(([name, value]) => `${name}=${value}`)
  const trained = job.datasets.stages.map((data) => `${data.name}@${data.digest} (${data.rows} rows)`)
  const { evaluation } = job.datasets
  const facts = pairs(
    [
      ['evaluates', job.evaluates && `${job.evaluates.name}@${job.evaluates.version}`],
      ['recipe', `${job.recipe.name}@${job.recipe.version} (${job.profile})`],
      ['base model', `${job.base_model.id}@${job.base_model.digest}`],
      [job.evaluates ? 'trained on' : 'trains on', trained.join(', ')],
      ['evaluates on', `${evaluation.name}@${evaluation.digest} (${evaluation.rows} rows)`],
      ['labels', labels.join(', ')],
      ['cloned from', job.cloned_from],
      ['submitted', time(job.created_at)],
      ['health', job.health && `${job.health.score} of 100, ${job.health.band}: sluice jobs health ${job.id}`],
      [
        'evaluations',
        job.comparison && `${job.comparison.base.evaluation} (base), ${job.comparison.candidate.evaluation} (tuned)`,
      ],
    ],
    paint,
  )
  return [...facts.map(shortDigests), '', ...render(view, now, columns, paint)]
}
