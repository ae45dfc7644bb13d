import { architectureFrom, HuggingFaceConfig } from '../../schemas/model-config.ts'
import type { BaseModel, ModelArchitecture } from '../../schemas/registry.ts'
import type { Blobs } from '../platform/ports.ts'
import { ownModelFolder } from './own-model.ts'

const maxConfigBytes = 2 ** 20

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
  return config && architectureFrom(config)
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
