import { createPreparer, type PrepareInput, type PrepareSetup } from '../../core/data-factory/build/prepare-batch.ts'
import type { DiversityOptions } from '../../core/data-factory/diversity/diversity-collector.ts'
import { createDiversityMeasurer, type TaskLines } from '../../core/preflight/measure-diversity.ts'

/** Makes the function of a task from its setup. Pure: the same input gives the same output, on whichever thread. */
export type Task = (setup: unknown) => Promise<(input: unknown) => unknown>

/** Everything that runs on worker threads, by name. */
export const tasks: Readonly<Record<string, Task>> = {
  'measure-diversity': async (setup) => {
    const measure = createDiversityMeasurer(setup as DiversityOptions)
    return (input) => measure(input as TaskLines)
  },
  'prepare-batch': async (setup) => {
    const prepare = await createPreparer(setup as PrepareSetup, () => performance.now())
    return (input) => prepare(input as PrepareInput)
  },
}
