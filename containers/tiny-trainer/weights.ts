import { numpy as np } from '@jax-js/jax'
import { type LayerWeights, projections, type Weights } from './model.ts'
import type { ModelConfig } from './model-config.ts'
import type { Tensor, Tensors } from './safetensors.ts'

/** The Hugging Face module path of a projection, as base weights and PEFT adapters name it. */
export function modulePath(layer: number, projection: (typeof projections)[number]): string {
  const block = /^(gate|up|down)_/.test(projection) ? 'mlp' : 'self_attn'
  return `model.layers.${layer}.${block}.${projection}`
}

/** Name and shape of every base tensor, in Hugging Face Llama naming; projections are [out, in]. */
export function baseShapes(config: ModelConfig): { name: string; shape: number[] }[] {
  const { vocab_size: vocab, hidden_size: hidden } = config
  const shapes = [{ name: 'model.embed_tokens.weight', shape: [vocab, hidden] }]
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    shapes.push({ name: `model.layers.${layer}.input_layernorm.weight`, shape: [hidden] })
    shapes.push({ name: `model.layers.${layer}.post_attention_layernorm.weight`, shape: [hidden] })
    for (const projection of projections) {
      shapes.push({ name: `${modulePath(layer, projection)}.weight`, shape: projectionShape(config, projection) })
    }
  }
  shapes.push({ name: 'model.norm.weight', shape: [hidden] })
  return shapes
}

/** [out, in] of a projection. */
export function projectionShape(config: ModelConfig, projection: (typeof projections)[number]): [number, number] {
  const { hidden_size: hidden, intermediate_size: inner } = config
  if (projection === 'down_proj') return [hidden, inner]
  return projection === 'gate_proj' || projection === 'up_proj' ? [inner, hidden] : [hidden, hidden]
}

/** Weights as a tree of jax arrays. Throws an Error that names every tensor that is missing or misshapen. */
export function loadWeights(config: ModelConfig, tensors: Tensors): Weights {
  const wrong = baseShapes(config).filter(({ name, shape }) => String(tensors[name]?.shape) !== String(shape))
  if (wrong.length > 0) {
    throw new Error(`missing or misshapen: ${wrong.map(({ name, shape }) => `${name} [${shape}]`).join(', ')}`)
  }
  return weightTree(config, (name) => toArray(tensors[name]!))
}

/** A tree with one leaf per base tensor, made by name. */
export function weightTree(config: ModelConfig, leaf: (name: string) => np.Array): Weights {
  const layers = Array.from({ length: config.num_hidden_layers }, (_, i) => {
    const parts = projections.map((projection) => [projection, leaf(`${modulePath(i, projection)}.weight`)] as const)
    return {
      input_norm: leaf(`model.layers.${i}.input_layernorm.weight`),
      post_norm: leaf(`model.layers.${i}.post_attention_layernorm.weight`),
      ...Object.fromEntries(parts),
    } as LayerWeights
  })
  return { embed: leaf('model.embed_tokens.weight'), norm: leaf('model.norm.weight'), layers }
}

export function toArray({ shape, data }: Tensor): np.Array {
  return np.array(new Float32Array(data), { shape })
}
