import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../core/platform/digest.ts'
import type { BaseModel } from '../schemas/registry.ts'

const folder = new URL('../containers/tiny-trainer/assets/tiny-llama/', import.meta.url)

/** The tiny reference model that ships with Sluice, as the registry names it. */
export async function tinyBaseModel(): Promise<BaseModel> {
  const manifest = await readFile(new URL('MANIFEST.json', folder))
  const config = JSON.parse(await readFile(new URL('config.json', folder), 'utf8')) as {
    max_position_embeddings: number
  }
  return {
    id: 'tiny-llama',
    uri: folder.href,
    digest: sha256(manifest),
    context_length: config.max_position_embeddings,
    label: 'tiny reference model, never a way to tune real LLMs',
  }
}

/** How to start the tiny reference trainer, as a command list. */
export function tinyTrainerCommand(): string[] {
  const main = fileURLToPath(new URL('../containers/tiny-trainer/main.ts', import.meta.url))
  return [process.execPath, '--disable-warning=ExperimentalWarning', main]
}
