import * as z from 'zod'
import type { BaseModel, ModelArchitecture } from '../../schemas/registry.ts'
import type { Blobs } from '../platform/ports.ts'
import { layerParameters } from './model-size.ts'
import { ownModelFolder } from './own-model.ts'

const maxConfigBytes = 2 ** 20
const Count = z.int().min(1)

/** What of a Hugging Face `config.json` of a decoder the size follows from. */
const HuggingFaceConfig = z.object({
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

/** As registered, else as the `config.json` of a model in our own bucket says; undefined when neither does. */
export async function findArchitecture(
  blobs: Pick<Blobs, 'get' | 'uri'>,
  model: BaseModel,
): Promise<ModelArchitecture | undefined> {
  if (model.architecture) return model.architecture
  const folder = ownModelFolder(blobs, model)
  if (folder === undefined) return undefined
  const bytes = await blobs.get(`${folder}config.json`, { start: 0, end: maxConfigBytes })
  return bytes && architectureOf(new TextDecoder().decode(bytes))
}

/** The architecture in a `config.json`; undefined when it is not one of a decoder with a gated feed-forward network. */
export function architectureOf(text: string): ModelArchitecture | undefined {
  const config = HuggingFaceConfig.safeParse(textConfigIn(text)).data
  if (!config) return undefined
  const { hidden_size, num_hidden_layers, num_attention_heads, intermediate_size, vocab_size, head_dim } = config
  const dtype = dtypes.find((each) => each === (config.dtype ?? config.torch_dtype)) ?? 'bfloat16'
  const sized = {
    parameters: 1,
    hidden_size,
    layers: num_hidden_layers,
    attention_heads: num_attention_heads,
    kv_heads: config.num_key_value_heads ?? num_attention_heads,
    ...(head_dim && { head_size: head_dim }),
    intermediate_size,
    vocab_size,
    dtype,
  }
  const embeddings = vocab_size * hidden_size * (config.tie_word_embeddings === true ? 1 : 2)
  return { ...sized, parameters: Math.round(layerParameters(sized) + embeddings + hidden_size) }
}

/** Models that also see keep the numbers of their language model in `text_config`. */
function textConfigIn(text: string): unknown {
  try {
    const config = JSON.parse(text) as { text_config?: unknown }
    return config.text_config ?? config
  } catch {
    return undefined
  }
}
