import { concludeGeneration } from '../../core/jobs/generate-responses.ts'
import { conclude, exitOf, step } from './step.ts'

export default step('conclude-generation', async (platform, { outcome, ...request }) =>
  conclude('generation', await concludeGeneration(platform, { ...request, exit: exitOf(outcome) })),
)
