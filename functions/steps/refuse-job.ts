import { refuseJob } from '../../core/jobs/finish-job.ts'
import { step } from './step.ts'

export default step('refuse-job', refuseJob)
