import { prepareGeneration } from '../../core/jobs/generate-responses.ts'
import { step } from './step.ts'

export default step('prepare-generation', prepareGeneration)
