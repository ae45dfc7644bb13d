import { failJob } from '../../core/jobs/finish-job.ts'
import { step } from './step.ts'

export default step('fail-job', failJob)
