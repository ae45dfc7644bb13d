import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { ModelArchitecture } from '../schemas/registry.ts'
import { ProblemError } from './problem-error.ts'

const Count = z.int().min(1)

/** What of a Hugging Face `config.json` of a decoder with a gated feed-forward network its size follows from. */
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

/** A model's architecture out of a file or JSON text: as the API has it, or a `config.json`. Throws ProblemError naming what is missing. */
export async function readArchitecture(fileOrJson: string): Promise<ModelArchitecture> {
  const isText = fileOrJson.trimStart().startsWith('{')
  const where = isText ? '--architecture' : fileOrJson
  const text = isText ? fileOrJson : await readText(fileOrJson)
  const content = parse(text, where)
  const isConfig = 'num_hidden_layers' in content || 'text_config' in content
  const found = isConfig
    ? HuggingFaceConfig.safeParse(content.text_config ?? content)
    : ModelArchitecture.safeParse(content)
  if (found.success) return 'num_hidden_layers' in found.data ? architectureOf(found.data) : found.data
  throw ProblemError.local(
    'invalid',
    `${where} is no ${isConfig ? 'config.json of a decoder' : 'architecture'}`,
    found.error.issues.map(({ path, message, code }) => ({
      pointer: path.map((key) => `/${String(key)}`).join(''),
      code,
      message,
      remedy:
        'Give the config.json of the model, or {parameters, hidden_size, layers, attention_heads, kv_heads, ...}.',
    })),
  )
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message
    throw ProblemError.local('unreadable', `cannot read ${path}: ${why}`)
  })
}

function parse(text: string, where: string): Record<string, unknown> {
  const refuse = (why: string) => ProblemError.local('invalid', `${where} is not a JSON object: ${why}`)
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content === 'object' && content !== null && !Array.isArray(content))
      return content as Record<string, unknown>
  } catch (error) {
    throw refuse((error as Error).message)
  }
  throw refuse(`it begins with ${text.trimStart().slice(0, 20)}`)
}

/** The server counts so too where a model lies in its own bucket. */
function architectureOf(config: z.infer<typeof HuggingFaceConfig>): ModelArchitecture {
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
