import { registerModel } from '../../core/jobs/finish-job.ts'
import { step } from './step.ts'

export default step('register-model', registerModel)
