import type { MlflowSearch, MlflowViewType } from '../../schemas/mlflow.ts'
import { Fault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { pageOf } from './offset-page.ts'
import { type Run, runsOf, withShards } from './run-store.ts'
import { type RunSummary, summariesOf } from './run-summary.ts'
import { type Clause, type Order, parseFilter, parseOrder, type Searchable } from './search-filter.ts'
import { type Candidate, compareBy, matches } from './search-match.ts'

const searchable: Searchable = {
  subjects: ['metric', 'param', 'tag', 'attribute'],
  numbers: ['start_time', 'end_time', 'created'],
  texts: ['run_id', 'run_name', 'status', 'user_id', 'artifact_uri', 'lifecycle_stage'],
}

// What a search reads is bounded by its experiments' runs: this many are held at once.
const mostRuns = 10_000
const mostResults = 50_000

export interface FoundRun {
  run: Run
  summary: RunSummary
}

export interface FoundRuns {
  found: FoundRun[]
  /** Pass it on to get the next page. */
  next: string | undefined
}

/**
 * Runs of these experiments that meet the filter, in the order wanted, else the newest start first. Faults: `invalid` naming what a
 * filter or an order has that is not understood, or that there are too many runs to search.
 */
export async function searchRuns(
  platform: Pick<Platform, 'table' | 'metrics'>,
  search: MlflowSearch,
): Promise<FoundRuns> {
  const clauses = parseFilter(search.filter, searchable)
  const orders = search.order_by.map((text) => parseOrder(text, searchable))
  const runs: Run[] = []
  for (const experiment of new Set(search.experiment_ids))
    for await (const run of runsOf(platform.table, experiment)) {
      if (!isVisible(run.lifecycle_stage, search.run_view_type)) continue
      runs.push(await withShards(platform.table, run))
      if (runs.length > mostRuns) throw tooMany()
    }
  const needsMetrics = [...clauses, ...orders].some(({ subject }) => subject === 'metric')
  const summaries = needsMetrics ? await summariesOf(platform.metrics, runs) : undefined
  const chosen = chosenFrom(runs, summaries, clauses, orders)
  const { items, next } = pageOf(chosen, { most: mostResults, limit: search.max_results, token: search.page_token })
  const shown = summaries ?? (await summariesOf(platform.metrics, items))
  return { found: items.map((run) => ({ run, summary: shown.get(run.id) as RunSummary })), next }
}

/** Whether a view of active, deleted or all things has this one. */
export function isVisible(stage: 'active' | 'deleted', view: MlflowViewType): boolean {
  return view === 'ALL' || stage === (view === 'ACTIVE_ONLY' ? 'active' : 'deleted')
}

function chosenFrom(
  runs: readonly Run[],
  summaries: ReadonlyMap<string, RunSummary> | undefined,
  clauses: readonly Clause[],
  orders: readonly Order[],
): Run[] {
  const compare = compareBy(orders)
  return runs
    .map((run) => ({ run, seen: candidateOf(run, summaries?.get(run.id)) }))
    .filter(({ seen }) => matches(seen, clauses))
    .sort((a, b) => compare(a.seen, b.seen) || b.run.start_time - a.run.start_time || (a.run.id < b.run.id ? -1 : 1))
    .map(({ run }) => run)
}

function candidateOf(run: Run, summary: RunSummary | undefined): Candidate {
  const { id, name, status, user, start_time, end_time, lifecycle_stage, params, tags } = run
  return {
    attributes: {
      run_id: id,
      run_name: name,
      status,
      user_id: user,
      start_time,
      created: start_time,
      end_time,
      lifecycle_stage,
      artifact_uri: '',
    },
    metrics: summary?.values ?? new Map(),
    params,
    tags,
  }
}

function tooMany(): Fault {
  return new Fault(
    'invalid',
    `these experiments have more than ${mostRuns} runs, and one search looks through at most ${mostRuns}; search fewer experiments`,
  )
}
