import { runPreflight } from '../../core/jobs/run-preflight.ts'
import { step } from './step.ts'

export default step('preflight-round1', (platform, input) => runPreflight(platform, input, 'round1'))
