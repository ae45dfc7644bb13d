import { readEnvironment } from '../../adapters/aws/config.ts'
import { createPlatform } from '../../adapters/aws/platform.ts'
import { createStepHandler } from '../lambda/step-handler.ts'

// Step Functions waits for the answer, and Lambda retries nothing here. What a step throws is the state's error: a Fault's name is
// its code, which Lambda reports as the error's type, so the state's Retry sees `busy` (and Lambda's own faults) and tries again;
// every other error goes to its Catch, which ends the job. Steps are idempotent: a retry after a lost answer changes nothing.
const environment = readEnvironment()
export const handler = createStepHandler({
  name: environment.SLUICE_FUNCTION,
  stage: environment.SLUICE_STAGE,
  // The bundle lays it beside this entry.
  platform: createPlatform(environment, { workerEntry: new URL('./worker.mjs', import.meta.url) }),
})
