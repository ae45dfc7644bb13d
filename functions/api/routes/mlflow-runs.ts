import { Fault } from '../../../core/platform/fault.ts'
import { createRun, setRunStage, updateRun } from '../../../core/tracking/change-run.ts'
import type { Batch } from '../../../core/tracking/limits.ts'
import { logBatch, logInputs } from '../../../core/tracking/log-batch.ts'
import { metricHistory } from '../../../core/tracking/metric-history.ts'
import { removeTag } from '../../../core/tracking/run-attributes.ts'
import { getRun, type Run } from '../../../core/tracking/run-store.ts'
import { summaryOf } from '../../../core/tracking/run-summary.ts'
import { searchRuns } from '../../../core/tracking/search-runs.ts'
import { mlflowRequests } from '../../../schemas/mlflow.ts'
import type { MlflowNeeds, ServeMlflow } from './mlflow.ts'
import { historyAnswer, runAnswer, runInfoAnswer } from './mlflow-answers.ts'

const nothing: Batch = { metrics: [], params: [], tags: [] }

/** Runs: made, changed, logged to, read, searched, deleted and restored. */
export function runHandlers(serve: ServeMlflow, platform: MlflowNeeds): void {
  const { table, metrics } = platform
  const view = async (run: Run) => ({ run: runAnswer(run, await summaryOf(metrics, run.id)) })
  const log = async (request: RunReference, batch: Partial<Batch>) => {
    await logBatch(platform, runIn(request), { ...nothing, ...batch })
    return {}
  }

  serve('POST runs/create', 'submit', mlflowRequests.createRun, async (run) => view(await createRun(platform, run)))
  serve('GET runs/get', 'read', mlflowRequests.run, async (request) => view(await getRun(table, runIn(request))))
  serve('POST runs/update', 'submit', mlflowRequests.updateRun, async (request) => ({
    run_info: runInfoAnswer(await updateRun(table, runIn(request), request)),
  }))
  serve('POST runs/delete', 'submit', mlflowRequests.run, async (request) => {
    await setRunStage(table, runIn(request), 'deleted')
    return {}
  })
  serve('POST runs/restore', 'submit', mlflowRequests.run, async (request) => {
    await setRunStage(table, runIn(request), 'active')
    return {}
  })
  serve('POST runs/log-metric', 'submit', mlflowRequests.logMetric, (metric) => log(metric, { metrics: [metric] }))
  serve('POST runs/log-parameter', 'submit', mlflowRequests.logParameter, (param) => log(param, { params: [param] }))
  serve('POST runs/set-tag', 'submit', mlflowRequests.setTag, (tag) => log(tag, { tags: [tag] }))
  serve('POST runs/log-batch', 'submit', mlflowRequests.logBatch, (batch) => log(batch, batch))
  serve('POST runs/delete-tag', 'submit', mlflowRequests.deleteTag, async (request) => {
    await removeTag(table, runIn(request), request.key)
    return {}
  })
  serve('POST runs/log-inputs', 'submit', mlflowRequests.logInputs, async (request) => {
    if (request.models.length > 0)
      throw new Fault('invalid', 'a model cannot be the input of a run here; log its name as a tag')
    await logInputs(platform, runIn(request), request.datasets)
    return {}
  })
  serve('POST runs/search', 'read', mlflowRequests.searchRuns, async (search) => {
    const { found, next } = await searchRuns(platform, search)
    const runs = found.map(({ run, summary }) => runAnswer(run, summary))
    return { runs, ...(next !== undefined && { next_page_token: next }) }
  })
  serve('GET metrics/get-history', 'read', mlflowRequests.metricHistory, async (request) => {
    const { metric_key, max_results, page_token } = request
    const run = runIn(request)
    const { points, next } = await metricHistory(platform, run, metric_key, { limit: max_results, token: page_token })
    return { metrics: historyAnswer(run, metric_key, points), ...(next !== undefined && { next_page_token: next }) }
  })
}

interface RunReference {
  run_id?: string | undefined
  run_uuid?: string | undefined
}

/** Older clients say run_uuid. Fault `invalid` when there is neither. */
function runIn({ run_id, run_uuid }: RunReference): string {
  const id = run_id || run_uuid
  if (id) return id
  throw new Fault('invalid', 'Missing value for required parameter "run_id"')
}
