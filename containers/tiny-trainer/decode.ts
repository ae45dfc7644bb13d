import { jit, nn, numpy as np, tree } from '@jax-js/jax'
import { feedForward, project, rmsNorm, rotaryTables, rotate, type Weights } from './model.ts'
import type { ModelConfig } from './model-config.ts'

type Cache = { keys: np.Array[]; values: np.Array[] }
type Step = { tokens: np.Array; cos: np.Array; sin: np.Array; slot: np.Array; bias: np.Array }

/** A batch of sequences that grows by one position per call; every sequence is at the same position. */
export type Decoder = {
  /** Logits [batch * V] after feeding one token id per sequence at the next position. */
  feed(tokens: Int32Array): Float32Array
  dispose(): void
}

/**
 * Compiles one decode step for a fixed batch and context length and returns a starter of decoders. Keys and values are
 * cached, so a step costs one position, and the compiled step serves every set of weights.
 */
export function compileDecoder(config: ModelConfig, batch: number, context: number) {
  const step = jit((weights: Weights, cache: Cache, input: Step) => decodeStep(config, weights, cache, input))
  const tables = Array.from({ length: context }, (_, at) => rotaryTables(config, at, 1))
  const width = config.hidden_size / config.num_attention_heads
  const emptyCache = () => {
    const zeros = () => np.zeros([batch, config.num_attention_heads, context, width])
    return Array.from({ length: config.num_hidden_layers }, zeros)
  }

  return function start(weights: Weights): Decoder {
    let cache: Cache = { keys: emptyCache(), values: emptyCache() }
    let at = 0
    return {
      feed(tokens) {
        const { cos, sin } = tables[at]!
        const input: Step = {
          tokens: np.array(Int32Array.from(tokens), { shape: [batch], dtype: np.int32 }),
          cos: cos.ref,
          sin: sin.ref,
          slot: np.array(
            Float32Array.from({ length: context }, (_, t) => (t === at ? 1 : 0)),
            { shape: [context, 1] },
          ),
          bias: np.array(
            Float32Array.from({ length: context }, (_, t) => (t <= at ? 0 : -1e9)),
            { shape: [context] },
          ),
        }
        const [logits, next] = step(tree.ref(weights), cache, input) as [np.Array, Cache]
        cache = next
        at++
        return logits.dataSync() as Float32Array
      },
      dispose: () => tree.dispose(cache),
    }
  }
}

function decodeStep(config: ModelConfig, weights: Weights, cache: Cache, input: Step): [np.Array, Cache] {
  const batch = input.tokens.shape[0]!
  const heads = config.num_attention_heads
  const width = config.hidden_size / heads
  const eps = config.rms_norm_eps
  const next: Cache = { keys: [], values: [] }
  let x = np.take(weights.embed.ref, input.tokens, 0)
  for (const [i, layer] of weights.layers.entries()) {
    const split = (a: np.Array) => a.reshape([batch, heads, 1, width])
    const normed = rmsNorm(x.ref, layer.input_norm, eps)
    const query = rotate(split(project(normed.ref, layer.q_proj)), input.cos, input.sin)
    const key = rotate(split(project(normed.ref, layer.k_proj)), input.cos, input.sin)
    const value = split(project(normed, layer.v_proj))
    const keys = write(cache.keys[i]!, key, input.slot)
    const values = write(cache.values[i]!, value, input.slot)
    const scores = np.matmul(query, keys.ref.transpose([0, 1, 3, 2])).mul(width ** -0.5)
    const mixed = np.matmul(nn.softmax(scores.add(input.bias.ref), -1), values.ref)
    x = x.add(project(mixed.reshape([batch, config.hidden_size]), layer.o_proj))
    x = x.add(feedForward(layer, rmsNorm(x.ref, layer.post_norm, eps)))
    next.keys.push(keys)
    next.values.push(values)
  }
  for (const borrowed of [input.cos, input.sin, input.slot, input.bias]) borrowed.dispose()
  return [project(rmsNorm(x, weights.norm, eps), weights.embed), next]
}

/** The slot is empty (zero) until its position is fed, so adding writes it. Borrows `slot`. */
function write(cache: np.Array, entry: np.Array, slot: np.Array): np.Array {
  return cache.add(entry.mul(slot.ref))
}
