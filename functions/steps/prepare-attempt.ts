import { prepareAttempt } from '../../core/jobs/prepare-attempt.ts'
import { step } from './step.ts'

export default step('prepare-attempt', prepareAttempt)
