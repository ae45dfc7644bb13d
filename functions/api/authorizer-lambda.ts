import { readEnvironment, required } from '../../adapters/aws/config.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { createAuthorizer } from '../lambda/authorizer-handler.ts'

// API Gateway waits for the answer and retries nothing. `Unauthorized` becomes 401 and is not cached; an allowed token is, for five
// minutes, so a token may live that much longer than it says. When the issuer cannot be asked, the error becomes 500: the client
// tries again, and nobody is told that a good token is bad.
const environment = readEnvironment()
export const handler = createAuthorizer(
  { name: environment.SLUICE_FUNCTION, stage: environment.SLUICE_STAGE, platform: { clock: systemClock } },
  {
    issuer: required(environment, 'SLUICE_JWT_ISSUER'),
    audience: required(environment, 'SLUICE_JWT_AUDIENCE'),
  },
)
