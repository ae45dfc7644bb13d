import type { ModelConfig } from '../../containers/tiny-trainer/model-config.ts'
import type { Tensors } from '../../containers/tiny-trainer/safetensors.ts'

/**
 * Log-probabilities [time][vocabulary] of Hugging Face's Llama for one sequence, written from its definition with loops in
 * double precision and no code of the trainer.
 */
export function plainLlama(config: ModelConfig, tensors: Tensors, tokens: readonly number[]): number[][] {
  const { hidden_size: hidden, num_attention_heads: heads, rms_norm_eps: eps } = config
  const width = hidden / heads
  const weight = (name: string) => tensors[`${name}.weight`]!
  const times = (name: string, x: number[]): number[] => {
    const { shape, data } = weight(name)
    return Array.from({ length: shape[0]! }, (_, o) => x.reduce((sum, v, i) => sum + v * data[o * x.length + i]!, 0))
  }
  const norm = (name: string, x: number[]) => {
    const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + eps)
    return x.map((v, i) => v * scale * weight(name).data[i]!)
  }
  const rotate = (x: number[], position: number) =>
    x.map((v, i) => {
      const head = Math.floor(i / width) * width
      const j = i - head
      const half = width / 2
      const angle = position / config.rope_theta ** ((2 * (j % half)) / width)
      const partner = j < half ? -x[head + j + half]! : x[head + j - half]!
      return v * Math.cos(angle) + partner * Math.sin(angle)
    })

  let states = tokens.map((id) => Array.from(weight('model.embed_tokens').data.slice(id * hidden, (id + 1) * hidden)))
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const at = `model.layers.${layer}`
    const normed = states.map((x) => norm(`${at}.input_layernorm`, x))
    const queries = normed.map((x, t) => rotate(times(`${at}.self_attn.q_proj`, x), t))
    const keys = normed.map((x, t) => rotate(times(`${at}.self_attn.k_proj`, x), t))
    const values = normed.map((x) => times(`${at}.self_attn.v_proj`, x))
    const mixed = queries.map((query, t) => {
      const out = new Array<number>(hidden).fill(0)
      for (let head = 0; head < heads; head++) {
        const lanes = Array.from({ length: width }, (_, i) => head * width + i)
        const scores = keys
          .slice(0, t + 1)
          .map((key) => lanes.reduce((sum, i) => sum + query[i]! * key[i]!, 0) / Math.sqrt(width))
        const shares = softmax(scores)
        for (const i of lanes) for (const [s, share] of shares.entries()) out[i] = out[i]! + share * values[s]![i]!
      }
      return times(`${at}.self_attn.o_proj`, out)
    })
    states = states.map((x, t) => x.map((v, i) => v + mixed[t]![i]!))
    states = states.map((x) => {
      const input = norm(`${at}.post_attention_layernorm`, x)
      const up = times(`${at}.mlp.up_proj`, input)
      const gated = times(`${at}.mlp.gate_proj`, input).map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!)
      const down = times(`${at}.mlp.down_proj`, gated)
      return x.map((v, i) => v + down[i]!)
    })
  }
  return states.map((x) => softmax(times('model.embed_tokens', norm('model.norm', x))).map(Math.log))
}

function softmax(scores: readonly number[]): number[] {
  const top = Math.max(...scores)
  const weights = scores.map((score) => Math.exp(score - top))
  const total = weights.reduce((a, b) => a + b, 0)
  return weights.map((w) => w / total)
}
