import { planEvaluation } from '../../core/jobs/evaluate-job.ts'
import { step } from './step.ts'

export default step('plan-evaluation', planEvaluation)
