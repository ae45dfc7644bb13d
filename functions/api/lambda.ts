import { readEnvironment } from '../../adapters/aws/config.ts'
import { createPlatform } from '../../adapters/aws/platform.ts'
import { createApiHandler } from '../lambda/api-handler.ts'

// API Gateway waits at most 29 s for the answer and retries nothing. A fault is an answer (a problem document); only an event that is
// no request of API Gateway throws, which it answers with 502. Clients retry: reads freely, creations with the same Idempotency-Key.
const environment = readEnvironment()
export const handler = createApiHandler({
  name: environment.SLUICE_FUNCTION,
  stage: environment.SLUICE_STAGE,
  platform: createPlatform(environment),
})
