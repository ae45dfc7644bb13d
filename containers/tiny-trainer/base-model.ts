import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { Sha256 } from '../../schemas/primitives.ts'
import { chatTemplate } from './chat-template.ts'
import { reasonOf } from './exit.ts'
import { pathOf, sha256, verifyFiles } from './files.ts'
import type { Weights } from './model.ts'
import { ModelConfig } from './model-config.ts'
import { decodeSafetensors } from './safetensors.ts'
import { parseTokenizer, type Tokenizer } from './tokenizer.ts'
import { loadWeights } from './weights.ts'

const ModelManifest = z.object({
  files: z.record(z.string(), z.object({ sha256: Sha256, size: z.int().min(0) })),
})
const needed = ['config.json', 'tokenizer.json', 'chat_template.jinja', 'model.safetensors']

export type BaseModel = { config: ModelConfig; tokenizer: Tokenizer; tokenizerJson: string; weights: Weights }

/** Loads a model directory whose `MANIFEST.json` has the digest. Problems are appended; undefined when there are any. */
export function loadBaseModel(uri: string, digest: string, problems: string[]): BaseModel | undefined {
  const before = problems.length
  try {
    const folder = pathOf(uri)
    const manifest = readFileSync(join(folder, 'MANIFEST.json'))
    if (sha256(manifest) !== digest) {
      problems.push(`base_model: ${uri} has digest ${sha256(manifest)}, not ${digest}`)
    }
    const { files } = ModelManifest.parse(JSON.parse(manifest.toString()))
    const unlisted = needed.filter((name) => !files[name])
    problems.push(...unlisted.map((name) => `base_model: MANIFEST.json does not list ${name}`))
    problems.push(...verifyFiles(folder, files).map((problem) => `base_model: ${problem}`))
    return problems.length > before ? undefined : readModel(folder)
  } catch (error) {
    problems.push(`base_model: ${uri} cannot be loaded: ${reasonOf(error)}`)
    return undefined
  }
}

function readModel(folder: string): BaseModel {
  const config = ModelConfig.parse(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')))
  const tokenizerJson = readFileSync(join(folder, 'tokenizer.json'), 'utf8')
  const tokenizer = parseTokenizer(tokenizerJson)
  if (tokenizer.size > config.vocab_size) {
    throw new Error(`the tokenizer has ${tokenizer.size} tokens but config.json says vocab_size ${config.vocab_size}`)
  }
  if (readFileSync(join(folder, 'chat_template.jinja'), 'utf8') !== chatTemplate) {
    throw new Error('chat_template.jinja is not the template that this trainer renders; it knows only its own')
  }
  const weights = loadWeights(config, decodeSafetensors(readFileSync(join(folder, 'model.safetensors'))))
  return { config, tokenizer, tokenizerJson, weights }
}
