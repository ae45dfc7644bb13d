import { nn, numpy as np } from '@jax-js/jax'
import type { ModelConfig } from './model-config.ts'

/** Per-layer projection names in the order in which PEFT and Llama list them. */
export const projections = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
export type Projection = (typeof projections)[number]

export type LayerWeights = { input_norm: np.Array; post_norm: np.Array } & Record<Projection, np.Array>
/** `embed` is [V, D] and also the output head; projections are [out, in]. */
export type Weights = { embed: np.Array; norm: np.Array; layers: LayerWeights[] }

/** Logits [B, T, V] of int32 tokens [B, T]. Takes ownership of both arguments. */
export function forward(config: ModelConfig, weights: Weights, tokens: np.Array): np.Array {
  const [batch, time] = tokens.shape as [number, number]
  const { cos, sin } = rotaryTables(config, 0, time)
  const bias = causalBias(time)
  let x = np.take(weights.embed.ref, tokens, 0)
  for (const layer of weights.layers) {
    const normed = rmsNorm(x.ref, layer.input_norm, config.rms_norm_eps)
    x = x.add(attention(config, layer, normed, batch, time, cos, sin, bias))
    const hidden = rmsNorm(x.ref, layer.post_norm, config.rms_norm_eps)
    x = x.add(feedForward(layer, hidden))
  }
  for (const table of [cos, sin, bias]) table.dispose()
  return project(rmsNorm(x, weights.norm, config.rms_norm_eps), weights.embed)
}

function attention(
  config: ModelConfig,
  layer: LayerWeights,
  x: np.Array,
  batch: number,
  time: number,
  cos: np.Array,
  sin: np.Array,
  bias: np.Array,
): np.Array {
  const heads = config.num_attention_heads
  const width = config.hidden_size / heads
  const split = (a: np.Array) => a.reshape([batch, time, heads, width]).transpose([0, 2, 1, 3])
  const query = rotate(split(project(x.ref, layer.q_proj)), cos, sin)
  const key = rotate(split(project(x.ref, layer.k_proj)), cos, sin)
  const value = split(project(x, layer.v_proj))
  const scores = np.matmul(query, key.transpose([0, 1, 3, 2])).mul(width ** -0.5)
  const mixed = np.matmul(nn.softmax(scores.add(bias.ref), -1), value)
  return project(mixed.transpose([0, 2, 1, 3]).reshape([batch, time, config.hidden_size]), layer.o_proj)
}

/** The SwiGLU block on [..., D]. Takes ownership. */
export function feedForward(layer: Pick<LayerWeights, 'gate_proj' | 'up_proj' | 'down_proj'>, x: np.Array): np.Array {
  const gate = project(x.ref, layer.gate_proj)
  return project(nn.silu(gate).mul(project(x, layer.up_proj)), layer.down_proj)
}

/** x [..., in] times the transpose of w [out, in]. Takes ownership of both. */
export function project(x: np.Array, w: np.Array): np.Array {
  return np.matmul(x, w.transpose())
}

/** Root-mean-square norm over the last axis. Takes ownership of both. */
export function rmsNorm(x: np.Array, gain: np.Array, eps: number): np.Array {
  const scale = np.sqrt(np.square(x.ref).mean(-1, { keepdims: true }).add(eps))
  return x.div(scale).mul(gain)
}

/** Rotary position embedding in the two-halves layout of Llama; borrows the tables. */
export function rotate(x: np.Array, cos: np.Array, sin: np.Array): np.Array {
  const half = x.shape.at(-1)! / 2
  const first = x.ref.slice(...x.shape.slice(1).map(() => [] as []), [0, half])
  const second = x.ref.slice(...x.shape.slice(1).map(() => [] as []), [half, 2 * half])
  return x.mul(cos.ref).add(np.concatenate([second.neg(), first], -1).mul(sin.ref))
}

/** cos and sin tables [time, width] for positions start..start+time-1. */
export function rotaryTables(config: ModelConfig, start: number, time: number): { cos: np.Array; sin: np.Array } {
  const width = config.hidden_size / config.num_attention_heads
  const cos = new Float32Array(time * width)
  const sin = new Float32Array(time * width)
  for (let t = 0; t < time; t++) {
    for (let i = 0; i < width; i++) {
      const angle = (start + t) * config.rope_theta ** ((-2 * (i % (width / 2))) / width)
      cos[t * width + i] = Math.cos(angle)
      sin[t * width + i] = Math.sin(angle)
    }
  }
  return { cos: np.array(cos, { shape: [time, width] }), sin: np.array(sin, { shape: [time, width] }) }
}

function causalBias(time: number): np.Array {
  const bias = new Float32Array(time * time)
  for (let q = 0; q < time; q++) bias.fill(-1e9, q * time + q + 1, (q + 1) * time)
  return np.array(bias, { shape: [time, time] })
}
