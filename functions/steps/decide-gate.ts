import { gateJob } from '../../core/jobs/evaluate-job.ts'
import { step } from './step.ts'

export default step('decide-gate', gateJob)
