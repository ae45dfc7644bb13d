import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { CheckpointMarker, type TrainSpec } from '../../schemas/trainer-contract.ts'
import type { Slot } from './adamw.ts'
import { adapterFiles, pick } from './adapter-files.ts'
import { reasonOf } from './exit.ts'
import { pathOf, verifyFiles, writeDurably, writeFiles } from './files.ts'
import type { SavedState } from './objective.ts'
import { decodeSafetensors, encodeSafetensors, type Tensors } from './safetensors.ts'

const TrainerState = z.object({
  step: z.int().min(1),
  seed: z.int(),
  algorithm: z.string(),
  recipe_digest: z.string(),
  dataset_digest: z.string(),
  base_model_digest: z.string(),
  planned_steps: z.int(),
  objective: z.record(z.string(), z.number()).nullable(),
})

export type Restored = { step: number; tensors: Tensors; optimizer: Tensors; objective: SavedState | undefined }

/** Writes `checkpoints/step_{N}/` under the output folder, its `_COMPLETE` last. Does nothing when the same one is there. */
export function writeCheckpoint(
  output: string,
  spec: TrainSpec,
  step: number,
  slots: readonly Slot[],
  objective: SavedState | undefined,
): void {
  const folder = join(output, 'checkpoints', `step_${step}`)
  const marker = join(folder, '_COMPLETE')
  if (existsSync(marker) && verifyMarker(folder, step).length === 0) return
  rmSync(folder, { recursive: true, force: true })
  const state = { ...identity(spec), step, objective: objective?.values ?? null }
  const files = writeFiles(folder, {
    ...adapterFiles(slots, spec.hyperparameters.lora, spec.base_model.id),
    'optimizer.safetensors': encodeSafetensors(momentsOf(slots)),
    'trainer_state.json': `${JSON.stringify(state, null, 2)}\n`,
    ...(objective ? { 'rollout.safetensors': encodeSafetensors(objective.tensors) } : {}),
  })
  writeDurably(marker, `${JSON.stringify({ step, files } satisfies CheckpointMarker, null, 2)}\n`)
}

/** Reads the checkpoint that the spec resumes from. Problems are appended; undefined when there are any, or none is asked. */
export function readCheckpoint(spec: TrainSpec, problems: string[]): Restored | undefined {
  if (!spec.resume_from) return undefined
  const { uri, step } = spec.resume_from
  try {
    const folder = pathOf(uri)
    const found = verifyMarker(folder, step)
    problems.push(...found.map((problem) => `resume_from: ${problem}`))
    if (found.length > 0) return undefined
    const state = TrainerState.parse(JSON.parse(readFileSync(join(folder, 'trainer_state.json'), 'utf8')))
    const differences = Object.entries(identity(spec)).filter(
      ([key, value]) => state[key as keyof typeof state] !== value,
    )
    for (const [key, value] of differences) {
      problems.push(`resume_from: the checkpoint has ${key} ${state[key as keyof typeof state]}, the spec has ${value}`)
    }
    const tensors = (name: string) => decodeSafetensors(readFileSync(join(folder, name)))
    return {
      step,
      tensors: tensors('adapter_model.safetensors'),
      optimizer: tensors('optimizer.safetensors'),
      objective: state.objective ? { values: state.objective, tensors: tensors('rollout.safetensors') } : undefined,
    }
  } catch (error) {
    problems.push(`resume_from: ${uri} cannot be loaded: ${reasonOf(error)}`)
    return undefined
  }
}

/** Puts a checkpoint's values and moments into the slots. Throws an Error that names a tensor of another shape. */
export function restoreSlots(slots: readonly Slot[], { tensors, optimizer }: Restored): void {
  for (const { name, shape, value, first, second } of slots) {
    value.set(pick(tensors, name, shape))
    first.set(pick(optimizer, `${name}.first`, shape))
    second.set(pick(optimizer, `${name}.second`, shape))
  }
}

function verifyMarker(folder: string, step: number): string[] {
  const marker = CheckpointMarker.safeParse(JSON.parse(readFileSync(join(folder, '_COMPLETE'), 'utf8')))
  if (!marker.success) return [`${folder}/_COMPLETE is not a checkpoint marker`]
  if (marker.data.step !== step) return [`${folder} holds step ${marker.data.step}, not ${step}`]
  return verifyFiles(folder, marker.data.files)
}

/** What must be equal for a resumed run to be the same run. */
function identity(spec: TrainSpec) {
  return {
    seed: spec.seed,
    algorithm: spec.algorithm,
    recipe_digest: spec.recipe_digest,
    dataset_digest: spec.dataset.digest,
    base_model_digest: spec.base_model.digest,
    planned_steps: spec.planned_steps,
  }
}

function momentsOf(slots: readonly Slot[]): Tensors {
  const entries = slots.flatMap(({ name, shape, first, second }) => [
    [`${name}.first`, { shape, data: first }],
    [`${name}.second`, { shape, data: second }],
  ])
  return Object.fromEntries(entries)
}
