import { App, Tags } from 'aws-cdk-lib/core'
import { readConfig } from './config.ts'
import { checkWithNag } from './nag.ts'
import { ApiStack } from './stacks/api-stack.ts'
import { ComputeStack } from './stacks/compute-stack.ts'
import { ConsoleStack } from './stacks/console-stack.ts'
import { DataStack } from './stacks/data-stack.ts'
import { OperationsStack } from './stacks/operations-stack.ts'
import { PipelineStack } from './stacks/pipeline-stack.ts'
import { stageTag } from './stage-tag.ts'

export interface Stacks {
  data: DataStack
  compute: ComputeStack
  pipeline: PipelineStack
  api: ApiStack
  /** Where the config has `console`. */
  console?: ConsoleStack
  operations: OperationsStack
}

/** Adds every stack of one stage, as the app's context `sluice` describes it. */
export function addStacks(app: App): Stacks {
  const config = readConfig(app.node.tryGetContext('sluice'))
  Tags.of(app).add(stageTag, config.stage)
  const name = (part: string) => `sluice-${config.stage}-${part}`
  const data = new DataStack(app, name('data'), config)
  const compute = new ComputeStack(app, name('compute'), config, { data })
  const pipeline = new PipelineStack(app, name('pipeline'), config, { data, compute })
  const api = new ApiStack(app, name('api'), config, { data, compute, pipeline })
  const operations = new OperationsStack(app, name('operations'), config, { data, compute, pipeline, api })
  const stacks = { data, compute, pipeline, api, operations }
  return config.console ? { ...stacks, console: new ConsoleStack(app, name('console'), config, stacks) } : stacks
}

if (import.meta.main) {
  const app = new App()
  addStacks(app)
  checkWithNag(app, readConfig(app.node.tryGetContext('sluice')).stage)
}
