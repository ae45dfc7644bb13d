import type * as z from 'zod'
import type { LoraConfig } from '../../schemas/hyperparameters.ts'
import type { ModelArchitecture } from '../../schemas/registry.ts'

type Lora = Pick<z.infer<typeof LoraConfig>, 'r' | 'target_modules'>
type Module = Lora['target_modules'][number]

/** Widths of queries and of keys (or values), in numbers per token. */
export function attentionWidths(model: ModelArchitecture): { queries: number; keys: number } {
  const head = model.head_size ?? model.hidden_size / model.attention_heads
  return { queries: head * model.attention_heads, keys: head * model.kv_heads }
}

/** Numbers that LoRA trains: r * (in + out) for each adapted matrix of each layer. */
export function loraParameters(model: ModelArchitecture, { r, target_modules }: Lora): number {
  const sides = target_modules.map((module) => sum(shapes(model)[module]))
  return model.layers * r * sum(sides)
}

/** Numbers in the matrices and norms of all layers: everything but embeddings and head. */
export function layerParameters(model: ModelArchitecture): number {
  const matrices = Object.values(shapes(model)).map(([from, to]) => from * to)
  return model.layers * (sum(matrices) + 2 * model.hidden_size)
}

/** Of a checkpoint: adapter and both Adam moments, in float32. */
export function checkpointBytes(model: ModelArchitecture, lora: Lora): number {
  return 12 * loraParameters(model, lora)
}

/** In and out of each matrix that LoRA may adapt, for a gated feed-forward network. */
function shapes(model: ModelArchitecture): Record<Module, [number, number]> {
  const { hidden_size: hidden, intermediate_size: inner } = model
  const { queries, keys } = attentionWidths(model)
  return {
    q_proj: [hidden, queries],
    k_proj: [hidden, keys],
    v_proj: [hidden, keys],
    o_proj: [queries, hidden],
    gate_proj: [hidden, inner],
    up_proj: [hidden, inner],
    down_proj: [inner, hidden],
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
