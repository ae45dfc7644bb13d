import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../core/platform/digest.ts'
import type { BaseModel } from '../schemas/registry.ts'

const folder = new URL('../containers/tiny-trainer/assets/tiny-llama/', import.meta.url)

/** Of the weights that ship with it. */
const parameters = 107_328

interface Config {
  max_position_embeddings: number
  hidden_size: number
  num_hidden_layers: number
  num_attention_heads: number
  num_key_value_heads: number
  intermediate_size: number
  vocab_size: number
}

/** The tiny reference model that ships with Sluice, as the registry names it. */
export async function tinyBaseModel(): Promise<BaseModel> {
  const manifest = await readFile(new URL('MANIFEST.json', folder))
  const config = JSON.parse(await readFile(new URL('config.json', folder), 'utf8')) as Config
  return {
    id: 'tiny-llama',
    uri: folder.href,
    digest: sha256(manifest),
    context_length: config.max_position_embeddings,
    architecture: {
      parameters,
      hidden_size: config.hidden_size,
      layers: config.num_hidden_layers,
      attention_heads: config.num_attention_heads,
      kv_heads: config.num_key_value_heads,
      intermediate_size: config.intermediate_size,
      vocab_size: config.vocab_size,
      dtype: 'float32',
    },
    label: 'tiny reference model, never a way to tune real LLMs',
  }
}

/** How to start the tiny reference trainer, as a command list. */
export function tinyTrainerCommand(): string[] {
  const main = fileURLToPath(new URL('../containers/tiny-trainer/main.ts', import.meta.url))
  return [process.execPath, '--disable-warning=ExperimentalWarning', main]
}
