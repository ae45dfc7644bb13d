import { planBuild } from '../../core/data-factory/build/plan-build.ts'
import { step } from './step.ts'

export default step('plan-build', planBuild)
