import { prepareProject } from '../test/support/api.ts'
import { createInstantCompute } from '../test/support/instant-compute.ts'
import { startTestServer } from '../test/support/local-server.ts'
import { sampleRecipe } from '../test/support/sample-project.ts'

/** The embedded server with trainers that end at once, as a process of its own; ends with its parent. */
const test = await startTestServer({ compute: ({ clock }) => createInstantCompute(clock) })
await prepareProject(test, { stages: sampleRecipe().stages.slice(0, 1) })
process.send?.({ url: test.server.url, token: test.server.token })
process.once('disconnect', () => test.stop().then(() => process.exit(0)))
