import { createPreparer, type PrepareInput, type PrepareSetup } from '../../core/data-factory/build/prepare-batch.ts'
import {
  createDiversityCollector,
  type DiversityOptions,
  type DiversitySample,
} from '../../core/data-factory/diversity/diversity-collector.ts'

/** Makes the function of a task from its setup. Pure: the same input gives the same output, on whichever thread. */
export type Task = (setup: unknown) => Promise<(input: unknown) => unknown>

/** Everything that runs on worker threads, by name. */
export const tasks: Readonly<Record<string, Task>> = {
  'measure-diversity': async (setup) => (input) => {
    const collector = createDiversityCollector(setup as DiversityOptions)
    for (const sample of input as DiversitySample[]) collector.add(sample)
    return collector.finish().tasks
  },
  'prepare-batch': async (setup) => {
    const prepare = await createPreparer(setup as PrepareSetup, () => performance.now())
    return (input) => prepare(input as PrepareInput)
  },
}
