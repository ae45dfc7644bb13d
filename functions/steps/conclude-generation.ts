import { concludeGeneration } from '../../core/jobs/generate-responses.ts'
import { exitOf, step } from './step.ts'

export default step('conclude-generation', (platform, { outcome, ...request }) =>
  concludeGeneration(platform, { ...request, exit: exitOf(outcome) }),
)
