import { jit, type numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import type { Slot } from './adamw.ts'
import { adapterArrays, type LoraShape, mergeAdapter } from './lora.ts'
import { type Scores, scoreTokens } from './losses.ts'
import type { Weights } from './model.ts'
import type { ModelConfig } from './model-config.ts'

/** A frozen base with an adapter shape: what a loss is a function of, besides the adapter's values. */
export type Policy = { config: ModelConfig; base: Weights; lora: LoraShape }

export type Graded = {
  loss: number
  gradients: Float32Array[]
  logp: Float32Array
  entropy: Float32Array
  correct: Float32Array
}

type Batch = { tokens: np.Array } & Record<string, np.Array>

/**
 * Compiles loss and adapter gradient for one batch shape. The returned function takes ownership of the batch and leaves
 * the base and the slots alone.
 */
export function compileGradient<B extends Batch>(
  { config, base, lora }: Policy,
  temperature: number,
  loss: (scores: Scores, batch: Omit<B, 'tokens'>) => np.Array,
): (slots: readonly Slot[], batch: B) => Graded {
  const graded = (adapter: np.Array[], weights: Weights, batch: B): [np.Array, Scores] => {
    const { tokens, ...rest } = batch
    const scores = scoreTokens(config, mergeAdapter(config, lora, weights, adapter), tokens, temperature)
    return [loss(scores, rest), scores]
  }
  const compiled = jit(valueAndGrad(graded as never, { hasAux: true }) as never) as unknown as (
    adapter: np.Array[],
    weights: Weights,
    batch: B,
  ) => [[np.Array, Scores], np.Array[]]
  return (slots, batch) => {
    const [[value, { logp, entropy, correct }], gradients] = compiled(adapterArrays(slots), tree.ref(base), batch)
    return {
      loss: value.item(),
      gradients: gradients.map(read),
      logp: read(logp),
      entropy: read(entropy),
      correct: read(correct),
    }
  }
}

/** Compiles log-probabilities [B * T] of tokens [B, T + 1] under an adapter. */
export function compileScorer({ config, base, lora }: Policy, temperature = 1) {
  const compiled = jit((adapter: np.Array[], weights: Weights, tokens: np.Array) => {
    const scores = scoreTokens(config, mergeAdapter(config, lora, weights, adapter), tokens, temperature)
    scores.entropy.dispose()
    scores.correct.dispose()
    return scores.logp
  })
  return (slots: readonly Slot[], tokens: np.Array): Float32Array =>
    read(compiled(adapterArrays(slots), tree.ref(base), tokens) as np.Array)
}

/** Adds `more` into `total`, element by element. */
export function accumulate(total: Float32Array[] | undefined, more: Float32Array[]): Float32Array[] {
  if (!total) return more
  for (const [k, block] of more.entries())
    for (let i = 0; i < block.length; i++) total[k]![i] = total[k]![i]! + block[i]!
  return total
}

function read(array: np.Array): Float32Array {
  return array.dataSync() as Float32Array
}
