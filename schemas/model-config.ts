import * as z from 'zod'
import type { ModelArchitecture } from './registry.ts'

const Count = z.int().min(1)

/** What of a Hugging Face `config.json` of a decoder with a gated feed-forward network its size follows from. */
export const HuggingFaceConfig = z.object({
  hidden_size: Count,
  num_hidden_layers: Count,
  num_attention_heads: Count,
  num_key_value_heads: Count.optional(),
  head_dim: Count.nullish(),
  intermediate_size: Count,
  vocab_size: Count,
  tie_word_embeddings: z.boolean().optional(),
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
})

const dtypes = ['float32', 'bfloat16', 'float16'] as const

/** The architecture that a `config.json` says, its parameters counted. */
export function architectureFrom(config: z.infer<typeof HuggingFaceConfig>): ModelArchitecture {
  const { hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers, vocab_size } = config
  const { num_attention_heads: heads, num_key_value_heads: kvHeads = heads, head_dim } = config
  const head = head_dim ?? hidden / heads
  const perLayer = 2 * hidden * head * (heads + kvHeads) + 3 * hidden * inner + 2 * hidden
  const embeddings = vocab_size * hidden * (config.tie_word_embeddings === true ? 1 : 2)
  return {
    parameters: Math.round(layers * perLayer + embeddings + hidden),
    hidden_size: hidden,
    layers,
    attention_heads: heads,
    kv_heads: kvHeads,
    ...(head_dim && { head_size: head_dim }),
    intermediate_size: inner,
    vocab_size,
    dtype: dtypes.find((each) => each === (config.dtype ?? config.torch_dtype)) ?? 'bfloat16',
  }
}
