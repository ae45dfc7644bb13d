import { concludeAttempt } from '../../core/jobs/conclude-attempt.ts'
import { exitOf, step } from './step.ts'

export default step('conclude-attempt', (platform, { outcome, ...request }) =>
  concludeAttempt(platform, { ...request, exit: exitOf(outcome) }),
)
