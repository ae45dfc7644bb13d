import type { RecipeInput } from '../schemas/recipe.ts'
import { prepareProject, submitSample } from '../test/support/api.ts'
import { createInstantCompute } from '../test/support/instant-compute.ts'
import { finished, startTestServer } from '../test/support/local-server.ts'
import { sampleRecipe } from '../test/support/sample-project.ts'
import { percentile } from './percentile.ts'

const jobs = 20

/** A four-stage job whose trainers end at once: the control plane's own time from submit to registered model. */
export default async function pipelineOverhead(): Promise<object> {
  const test = await startTestServer({ compute: ({ clock }) => createInstantCompute(clock) })
  const [sft] = sampleRecipe().stages as RecipeInput['stages']
  await prepareProject(test, { stages: Array.from({ length: 4 }, () => sft as RecipeInput['stages'][number]) })
  const times: number[] = []
  for (let i = 0; i < jobs; i++) {
    const started = performance.now()
    const job = await submitSample(test)
    const end = await finished(test, job.id)
    times.push(performance.now() - started)
    if (end.status !== 'succeeded') throw new Error(`${job.id} ended ${end.status}`)
  }
  await test.stop()
  return {
    ms: percentile(times, 0.5),
    p95_ms: percentile(times, 0.95),
    first_ms: percentile(times.slice(0, 1), 1),
    jobs,
  }
}
