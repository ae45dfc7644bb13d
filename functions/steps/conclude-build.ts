import { concludeBuild } from '../../core/data-factory/build/conclude-build.ts'
import { step } from './step.ts'

export default step('conclude-build', async (platform, input) => {
  const { status } = await concludeBuild(platform, input)
  return { status }
})
