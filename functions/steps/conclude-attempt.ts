import { concludeAttempt } from '../../core/jobs/conclude-attempt.ts'
import { conclude, exitOf, step } from './step.ts'

export default step('conclude-attempt', async (platform, { outcome, ...request }) =>
  conclude('attempt', await concludeAttempt(platform, { ...request, exit: exitOf(outcome) })),
)
