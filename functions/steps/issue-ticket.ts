import { admitJob } from '../../core/jobs/run-preflight.ts'
import { step } from './step.ts'

export default step('issue-ticket', admitJob)
