import { App } from 'aws-cdk-lib/core'
import { readConfig } from './config.ts'
import { DataStack } from './stacks/data-stack.ts'

/** Adds every stack of one stage, as the app's context `sluice` describes it. */
export function addStacks(app: App): { data: DataStack } {
  const config = readConfig(app.node.tryGetContext('sluice'))
  return { data: new DataStack(app, `sluice-${config.stage}-data`, config) }
}

if (import.meta.main) addStacks(new App())
