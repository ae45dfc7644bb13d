import { runBuild } from '../../core/data-factory/build/run-build.ts'
import { step } from './step.ts'

export default step('run-build', async (platform, { build }) => {
  const { versions, dropped } = await runBuild(platform, build)
  return { versions: versions.length, dropped }
})
