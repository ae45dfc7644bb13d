import type { MlflowViewType } from '../../schemas/mlflow.ts'
import type { Platform } from '../platform/ports.ts'
import { type Experiment, listExperiments } from './experiments.ts'
import { pageOf } from './offset-page.ts'
import { parseFilter, parseOrder, type Searchable } from './search-filter.ts'
import { type Candidate, compareBy, matches } from './search-match.ts'
import { isVisible } from './search-runs.ts'

const searchable: Searchable = {
  subjects: ['tag', 'attribute'],
  numbers: ['creation_time', 'last_update_time'],
  texts: ['name', 'experiment_id'],
}

const mostResults = 50_000

export interface ExperimentSearch {
  view_type: MlflowViewType
  filter: string
  order_by: readonly string[]
  max_results: number
  page_token: string
}

/** Experiments that meet the filter, the newest first unless told. Fault `invalid` names what is not understood. */
export async function searchExperiments(
  platform: Pick<Platform, 'table' | 'clock'>,
  search: ExperimentSearch,
): Promise<{ items: Experiment[]; next: string | undefined }> {
  const clauses = parseFilter(search.filter, searchable)
  const compare = compareBy(search.order_by.map((text) => parseOrder(text, searchable)))
  const all = await listExperiments(platform)
  const chosen = all
    .filter(({ lifecycle_stage }) => isVisible(lifecycle_stage, search.view_type))
    .map((experiment) => ({ experiment, seen: candidateOf(experiment) }))
    .filter(({ seen }) => matches(seen, clauses))
    .sort(
      (a, b) =>
        compare(a.seen, b.seen) || b.experiment.updated - a.experiment.updated || byId(a.experiment, b.experiment),
    )
    .map(({ experiment }) => experiment)
  return pageOf(chosen, { most: mostResults, limit: search.max_results, token: search.page_token })
}

const byId = (a: Experiment, b: Experiment) => (a.id < b.id ? -1 : 1)

function candidateOf({ id, name, created, updated, tags }: Experiment): Candidate {
  const attributes = { name, experiment_id: id, creation_time: created, last_update_time: updated }
  return { attributes, metrics: new Map(), params: {}, tags }
}
