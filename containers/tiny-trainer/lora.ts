import { jit, numpy as np, tree } from '@jax-js/jax'
import { createSlot, type Slot } from './adamw.ts'
import { type Projection, projections, type Weights } from './model.ts'
import type { ModelConfig } from './model-config.ts'
import { streams, uniform } from './random.ts'
import { modulePath, projectionShape } from './weights.ts'

export type LoraShape = { r: number; lora_alpha: number; target_modules: Projection[] }

/** The adapter's parameters in a fixed order, A then B per module, under the names of PEFT. */
export function loraParameters(config: ModelConfig, lora: LoraShape): { name: string; shape: [number, number] }[] {
  return modules(config, lora).flatMap(({ layer, projection }) => {
    const [out, inner] = projectionShape(config, projection)
    const name = `base_model.model.${modulePath(layer, projection)}`
    return [
      { name: `${name}.lora_A.weight`, shape: [lora.r, inner] as [number, number] },
      { name: `${name}.lora_B.weight`, shape: [out, lora.r] as [number, number] },
    ]
  })
}

/** A new adapter: A uniform in +-1/sqrt(in) as PEFT's Kaiming start, B zero, so it changes nothing at first. */
export function initialAdapter(config: ModelConfig, lora: LoraShape, seed: number): Slot[] {
  return loraParameters(config, lora).map(({ name, shape }, k) => {
    const value = new Float32Array(shape[0] * shape[1])
    if (name.endsWith('lora_A.weight')) {
      const bound = 1 / Math.sqrt(shape[1])
      for (let i = 0; i < value.length; i++) value[i] = bound * (2 * uniform(seed, streams.adapterInit, i, k) - 1)
    }
    return createSlot(name, shape, value)
  })
}

/** The weights that the adapter makes of the base: W + (alpha / r) B A. Takes ownership of both. */
export function mergeAdapter(config: ModelConfig, lora: LoraShape, base: Weights, adapter: np.Array[]): Weights {
  const layers = base.layers.map((layer) => ({ ...layer }))
  for (const [k, { layer, projection }] of modules(config, lora).entries()) {
    const update = np.matmul(adapter[2 * k + 1]!, adapter[2 * k]!).mul(lora.lora_alpha / lora.r)
    layers[layer]![projection] = layers[layer]![projection].add(update)
  }
  return { ...base, layers }
}

/** Compiles the merge for repeated use; borrows the base and returns weights that the caller disposes. */
export function compileMerge(config: ModelConfig, lora: LoraShape, base: Weights) {
  const merge = jit((weights: Weights, adapter: np.Array[]) => mergeAdapter(config, lora, weights, adapter))
  return (slots: readonly Slot[]): Weights => merge(tree.ref(base), adapterArrays(slots)) as Weights
}

export function adapterArrays(slots: readonly Slot[]): np.Array[] {
  return slots.map(({ value, shape }) => np.array(new Float32Array(value), { shape }))
}

function modules(config: ModelConfig, lora: LoraShape): { layer: number; projection: Projection }[] {
  const targets = projections.filter((projection) => lora.target_modules.includes(projection))
  return Array.from({ length: config.num_hidden_layers }).flatMap((_, layer) =>
    targets.map((projection) => ({ layer, projection })),
  )
}
