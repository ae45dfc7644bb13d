import type { Check } from '../../schemas/preflight.ts'
import type { RecipeSpec, RecipeStage } from '../../schemas/recipe.ts'
import type { ModelArchitecture } from '../../schemas/registry.ts'
import type { ComputeDefinition } from '../platform/ports.ts'
import { judge } from './check.ts'
import { checkpointBytes } from './model-size.ts'

const minFreeGb = { smoke: 1, prod: 50 }

/** Is enough free where the trainer writes? `definition` undefined: there is no such one. */
export function checkDisk(
  { preflight, profile, resources }: RecipeSpec,
  definition: ComputeDefinition | undefined,
): Check {
  const needed = preflight.min_free_gb ?? minFreeGb[profile]
  const free = definition ? definition.freeDiskBytes / 1e9 : Number.NaN
  return judge(free > needed, {
    name: 'free_disk',
    subject: resources.definition,
    value: Number.isFinite(free) ? Number(free.toFixed(1)) : null,
    threshold: `> ${needed} GB`,
    message: message(resources.definition, definition && free, needed),
    remedy: definition
      ? 'Free space, give the compute environment a larger disk, or lower preflight.min_free_gb.'
      : 'Name a compute definition that exists in resources.definition.',
  })
}

/** Do the checkpoints that a stage keeps fit the disk? An architecture that is not known warns: the size cannot be computed. */
export function checkCheckpoints(
  { stages, preflight }: RecipeSpec,
  model: ModelArchitecture | undefined,
  { freeDiskBytes }: ComputeDefinition,
): Check[] {
  return stages.map((stage, index) => {
    const kept = keptCheckpoints(stage, preflight.keep_checkpoints)
    const bytes = model ? kept * checkpointBytes(model, stage.hyperparameters.lora) : Number.NaN
    const each = model ? `${gb(checkpointBytes(model, stage.hyperparameters.lora))} GB` : 'a size that is not known'
    return judge(
      bytes < freeDiskBytes,
      {
        name: 'checkpoint_disk',
        subject: `stages/${index} (${stage.algorithm})`,
        value: model ? gb(bytes) : null,
        threshold: `< ${gb(freeDiskBytes)} GB free`,
        message: `${kept} checkpoints of ${each}, saved every ${stage.save_steps} steps`,
        remedy: model
          ? 'Raise save_steps, lower the LoRA rank, say in preflight.keep_checkpoints how many the trainer keeps, or use a larger disk.'
          : 'Register the base model with its architecture, or keep its config.json with it in base-models/.',
      },
      model ? 'fail' : 'warn',
    )
  })
}

/** All that a stage saves, unless the trainer removes old ones. */
function keptCheckpoints({ steps, save_steps }: RecipeStage, keep: number | undefined): number {
  const saved = save_steps > 0 ? Math.ceil(steps / save_steps) : 1
  return Math.min(saved, keep ?? saved)
}

function message(definition: string, free: number | undefined, needed: number): string {
  if (free === undefined) return `there is no compute definition "${definition}"`
  return free > needed ? `DISK_OK ${free.toFixed(1)} GB` : `${free.toFixed(1)} GB are free where the trainer writes`
}

function gb(bytes: number): number {
  return Number((bytes / 1e9).toPrecision(3))
}
