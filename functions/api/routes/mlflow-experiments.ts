import {
  createExperiment,
  getExperiment,
  getExperimentByName,
  setExperimentStage,
  setExperimentTag,
} from '../../../core/tracking/experiments.ts'
import { searchExperiments } from '../../../core/tracking/search-experiments.ts'
import { mlflowRequests } from '../../../schemas/mlflow.ts'
import type { MlflowNeeds, ServeMlflow } from './mlflow.ts'
import { experimentAnswer } from './mlflow-answers.ts'

/** Experiments: made, read, searched, tagged, deleted and restored. Renaming is not served. */
export function experimentHandlers(serve: ServeMlflow, platform: MlflowNeeds): void {
  const { experiment } = mlflowRequests
  serve('POST experiments/create', 'submit', mlflowRequests.createExperiment, async ({ name, tags }) => ({
    experiment_id: (await createExperiment(platform, name, tags)).id,
  }))
  serve('GET experiments/get', 'read', experiment, async ({ experiment_id }) => ({
    experiment: experimentAnswer(await getExperiment(platform, experiment_id)),
  }))
  serve('GET experiments/get-by-name', 'read', mlflowRequests.experimentByName, async ({ experiment_name }) => ({
    experiment: experimentAnswer(await getExperimentByName(platform, experiment_name)),
  }))
  serve('POST experiments/search', 'read', mlflowRequests.searchExperiments, async (search) => {
    const { items, next } = await searchExperiments(platform, search)
    return { experiments: items.map(experimentAnswer), ...(next !== undefined && { next_page_token: next }) }
  })
  serve('POST experiments/delete', 'submit', experiment, async ({ experiment_id }) => {
    await setExperimentStage(platform, experiment_id, 'deleted')
    return {}
  })
  serve('POST experiments/restore', 'submit', experiment, async ({ experiment_id }) => {
    await setExperimentStage(platform, experiment_id, 'active')
    return {}
  })
  serve('POST experiments/set-experiment-tag', 'submit', mlflowRequests.setExperimentTag, async (tag) => {
    await setExperimentTag(platform, tag.experiment_id, tag.key, tag.value)
    return {}
  })
  serve('POST experiments/delete-experiment-tag', 'submit', mlflowRequests.deleteExperimentTag, async (tag) => {
    await setExperimentTag(platform, tag.experiment_id, tag.key, undefined)
    return {}
  })
}
