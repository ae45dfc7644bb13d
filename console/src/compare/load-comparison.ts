import type { JobView } from '../../../schemas/job.ts'
import type { RecipeSpec } from '../../../schemas/recipe.ts'
import { client } from '../api/client.ts'
import { loadSpec } from '../job/load-spec.ts'

export interface ComparedJob {
  job: JobView
  spec: RecipeSpec
  cost: number | null | undefined
  /** Of the palette; the job's in every chart. */
  colour: number
  label: string
}

/** The jobs with their recipes and costs, and the metrics and stages that any of them has. */
export async function loadComparison(ids: readonly string[], signal: AbortSignal) {
  if (ids.length < 2) return { jobs: [], names: [], stages: [] }
  const [{ items }, ...found] = await Promise.all([
    client.call('getDashboard', { query: { limit: 200 } }, { signal }),
    ...ids.map(async (id) => {
      const params = { job: id }
      const [job, { branches }] = await Promise.all([
        client.call('getJob', { params }, { signal }),
        client.call('listMetricBranches', { params }, { signal }),
      ])
      return { job, branches, spec: await loadSpec(job.recipe, signal) }
    }),
  ])
  const jobs = found.map(({ job, spec }, colour): ComparedJob => {
    const label = `${job.recipe.name} v${job.recipe.version} ${job.id.slice(-5)}`
    return { job, spec, colour, label, cost: items.find(({ id }) => id === job.id)?.cost_usd }
  })
  const names = new Set(found.flatMap(({ branches }) => branches.flatMap((each) => each.names.map(({ name }) => name))))
  const withPoints = new Set(
    found.flatMap(({ branches }) => branches.filter(({ points }) => points > 0).map(({ stage }) => stage)),
  )
  const stages = [...withPoints]
    .sort((left, right) => left - right)
    .map((index) => {
      const algorithms = new Set(jobs.flatMap(({ job }) => job.stages[index]?.algorithm ?? []))
      return { index, algorithms: [...algorithms].join(', ') }
    })
  return { jobs, names: [...names].sort(), stages }
}
