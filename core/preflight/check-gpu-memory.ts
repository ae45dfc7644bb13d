import type { Check } from '../../schemas/preflight.ts'
import type { RecipeSpec, RecipeStage } from '../../schemas/recipe.ts'
import type { ModelArchitecture } from '../../schemas/registry.ts'
import type { ComputeDefinition } from '../platform/ports.ts'
import { judge } from './check.ts'
import { type GpuMemory, gpuMemory } from './gpu-memory.ts'
import { stageLoad, wholeBatch } from './stage-load.ts'

/**
 * Does each stage fit its GPU? It fails when even one sequence at a time, everything sharded, would not; between that and a sure fit it
 * warns. What is not known fails in prod where GPUs are used, and warns elsewhere.
 */
export function checkGpuMemory(
  { stages, profile, preflight, resources }: RecipeSpec,
  model: ModelArchitecture | undefined,
  definition: ComputeDefinition,
): Check[] {
  if (definition.gpus === 0) return []
  const unknown = whatIsUnknown(model, definition)
  return stages.map((stage, index) => {
    const subject = `stages/${index} (${stage.algorithm})`
    if (model && definition.gpus && definition.gpuMemoryBytes)
      return checkStage(stage, subject, model, {
        gpus: definition.gpus,
        memory: definition.gpuMemoryBytes,
        otherwise: preflight.gpu_memory === 'enforce' ? 'fail' : 'warn',
      })
    return judge(
      false,
      {
        name: 'gpu_memory',
        subject,
        value: null,
        threshold: 'the memory of one GPU',
        message: `cannot be estimated: ${unknown.map(({ what }) => what).join(', ')}`,
        remedy: unknown.map(({ remedy }) => remedy.replace('NAME', resources.definition)).join(' '),
      },
      profile === 'prod' && preflight.gpu_memory === 'enforce' ? 'fail' : 'warn',
    )
  })
}

function whatIsUnknown(model: ModelArchitecture | undefined, { gpus, gpuMemoryBytes }: ComputeDefinition) {
  const unknown: { what: string; remedy: string }[] = []
  if (!model)
    unknown.push({
      what: 'the architecture of the base model is not known',
      remedy: 'Register the base model with its architecture, or keep its config.json with it in base-models/.',
    })
  if (gpus === null || !gpuMemoryBytes)
    unknown.push({
      what: 'the memory of the GPU is not known',
      remedy: 'Give trainer NAME its gpuMemoryGb in the CDK context and deploy (tag sluice:gpu-memory-gb).',
    })
  return unknown
}

interface Machine {
  gpus: number
  memory: number
  otherwise: 'fail' | 'warn'
}

function checkStage(stage: RecipeStage, subject: string, model: ModelArchitecture, machine: Machine): Check {
  const { gpus, memory, otherwise } = machine
  const estimate = (atOnce: number, shards: number) => gpuMemory(model, stageLoad(stage, model, { atOnce, shards }))
  const least = estimate(1, gpus)
  const whole = estimate(1, 1)
  const batch = wholeBatch(stage, gpus)
  const most = largest(batch, (atOnce) => estimate(atOnce, 1).bytes <= memory)
  const outcome = {
    name: 'gpu_memory',
    subject,
    value: gb(whole.bytes),
    threshold: `<= ${gb(memory)} GB of one GPU`,
    message: `${range(whole)} with one sequence at a time; ${advice(most, batch, gpus, range(least))}`,
    remedy:
      'Use a GPU with more memory, a smaller or quantised base model, shorter sequences or fewer generations; see docs/preflight.md.',
    evidence: Object.entries(whole.parts).map(([part, bytes]) => `${part}: ${gb(bytes)} GB`),
  }
  if (!(least.low <= memory)) return judge(false, outcome, otherwise)
  return judge(whole.high <= memory, outcome, 'warn')
}

/** The largest of 0..upTo that fits, by halving: memory grows with it. */
function largest(upTo: number, fits: (value: number) => boolean): number {
  let low = 0
  let high = upTo
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}

function advice(most: number, batch: number, gpus: number, sharded: string): string {
  if (most === 0) return gpus > 1 ? `sharded over ${gpus} GPUs ${sharded}` : 'not even that is sure to fit'
  return most >= batch
    ? `all ${batch} of a step fit at once`
    : `up to ${most} of ${batch} fit at once: the trainer must accumulate gradients`
}

function range({ low, high }: GpuMemory): string {
  return `${gb(low)} to ${gb(high)} GB`
}

function gb(bytes: number): number {
  return Number((bytes / 1e9).toFixed(1))
}
