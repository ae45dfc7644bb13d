import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import * as z from 'zod'
import { type TrainerSpec, TrainManifest } from '../../schemas/trainer-contract.ts'
import { createSlot, type Slot } from './adamw.ts'
import { reasonOf } from './exit.ts'
import { pathOf, verifyFiles } from './files.ts'
import { type LoraShape, loraParameters } from './lora.ts'
import { projections } from './model.ts'
import type { ModelConfig } from './model-config.ts'
import { decodeSafetensors, encodeSafetensors, type Tensors } from './safetensors.ts'

const AdapterConfig = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.int().min(1),
  lora_alpha: z.number().positive(),
  target_modules: z.array(z.enum(projections)).min(1),
})

export type LoadedAdapter = { lora: LoraShape; slots: Slot[] }

/** The files of a PEFT adapter directory. `baseModel` is the model's id, never a local path. */
export function adapterFiles(
  slots: readonly Slot[],
  lora: LoraShape,
  baseModel: string,
): Record<string, Uint8Array | string> {
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    r: lora.r,
    lora_alpha: lora.lora_alpha,
    lora_dropout: 0,
    target_modules: lora.target_modules,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    modules_to_save: null,
  }
  return {
    'adapter_model.safetensors': encodeSafetensors(valuesOf(slots), { format: 'pt' }),
    'adapter_config.json': `${JSON.stringify(config, null, 2)}\n`,
  }
}

/** Loads the adapter that the spec starts from, after checking it against its manifest. Problems are appended. */
export function loadIncomingAdapter(
  spec: TrainerSpec,
  config: ModelConfig,
  problems: string[],
): LoadedAdapter | undefined {
  if (!spec.adapter) return undefined
  try {
    const manifestPath = pathOf(spec.adapter.manifest_uri)
    const manifest = TrainManifest.parse(JSON.parse(readFileSync(manifestPath, 'utf8')))
    const folder = pathOf(spec.adapter.uri)
    const prefix = relative(dirname(manifestPath), folder)
    const name = (file: string) => join(prefix, file)
    const found = [name('adapter_model.safetensors'), name('adapter_config.json')].flatMap((file) =>
      manifest.files[file]
        ? verifyFiles(dirname(manifestPath), { [file]: manifest.files[file] })
        : [`${file} is not in ${manifestPath}`],
    )
    if (manifest.base_model.digest !== spec.base_model.digest) {
      found.push(`trained on base model ${manifest.base_model.digest}, not on ${spec.base_model.digest}`)
    }
    problems.push(...found.map((problem) => `adapter: ${problem}`))
    if (found.length > 0) return undefined
    return readAdapter(folder, config)
  } catch (error) {
    problems.push(`adapter: ${spec.adapter.uri} cannot be loaded: ${reasonOf(error)}`)
    return undefined
  }
}

/** Reads an adapter directory. Throws an Error when a parameter is missing or misshapen. */
export function readAdapter(folder: string, config: ModelConfig): LoadedAdapter {
  const { r, lora_alpha, target_modules } = AdapterConfig.parse(
    JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')),
  )
  const lora = { r, lora_alpha, target_modules }
  const tensors = decodeSafetensors(readFileSync(join(folder, 'adapter_model.safetensors')))
  return {
    lora,
    slots: loraParameters(config, lora).map(({ name, shape }) => createSlot(name, shape, pick(tensors, name, shape))),
  }
}

/** The values of all slots by name. */
export function valuesOf(slots: readonly Slot[]): Tensors {
  return Object.fromEntries(slots.map(({ name, shape, value }) => [name, { shape, data: value }]))
}

/** A tensor's data; throws an Error that names it when it is absent or has another shape. */
export function pick(tensors: Tensors, name: string, shape: readonly number[]): Float32Array {
  const tensor = tensors[name]
  if (!tensor || String(tensor.shape) !== String(shape)) {
    throw new Error(`tensor ${name} should be [${shape}] but is ${tensor ? `[${tensor.shape}]` : 'absent'}`)
  }
  return tensor.data
}
