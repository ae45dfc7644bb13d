import { failBuild } from '../../core/data-factory/build/conclude-build.ts'
import { step } from './step.ts'

export default step('fail-build', async (platform, input) => {
  const { status } = await failBuild(platform, input)
  return { status }
})
