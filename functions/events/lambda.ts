import { readEnvironment } from '../../adapters/aws/config.ts'
import { createPlatform } from '../../adapters/aws/platform.ts'
import { createEventHandler } from '../lambda/event-handler.ts'

// Every trigger invokes asynchronously, so nobody waits for an answer and throwing means "again". Lambda keeps the event, runs the
// function twice more within minutes, and then puts event and error into the consumer's dead-letter queue, where an alarm waits.
// - Business events (event) and those of AWS (aws-event): EventBridge hands them over at least once and unordered; it tries for
//   6 hours while Lambda does not take them. A malformed one fails each time and ends in the queue, with the reason.
// - Users' timers (timer): as above, from EventBridge Scheduler.
// - The clock (schedule): as above, but a tick that is given up is not missed: the next does the same work.
// The reconciler repairs what a lost event would have done.
const environment = readEnvironment()
export const handler = createEventHandler({
  name: environment.SLUICE_FUNCTION,
  stage: environment.SLUICE_STAGE,
  platform: createPlatform(environment),
})
