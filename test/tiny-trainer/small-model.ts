import { join } from 'node:path'
import { chatTemplate } from '../../containers/tiny-trainer/chat-template.ts'
import { ModelConfig } from '../../containers/tiny-trainer/model-config.ts'
import { normal } from '../../containers/tiny-trainer/random.ts'
import { encodeSafetensors, type Tensors } from '../../containers/tiny-trainer/safetensors.ts'
import { renderTokenizer } from '../../containers/tiny-trainer/tokenizer.ts'
import { baseShapes } from '../../containers/tiny-trainer/weights.ts'
import { sha256, writeFolder } from './support.ts'

/** A random Llama of one layer: small enough that a whole training run takes a second. */
export const smallConfig = ModelConfig.parse({
  model_type: 'llama',
  vocab_size: 104,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  max_position_embeddings: 64,
  tie_word_embeddings: true,
})

/** Random base tensors by name, norms at 1. */
export function smallTensors(config: ModelConfig = smallConfig): Tensors {
  const entries = baseShapes(config).map(({ name, shape }, k) => {
    const size = shape.reduce((a, b) => a * b, 1)
    const value = (i: number) => (shape.length === 1 ? 1 : 0.5 * normal(5, 9, i, k))
    return [name, { shape, data: Float32Array.from({ length: size }, (_, i) => value(i)) }]
  })
  return Object.fromEntries(entries)
}

/** Writes a model directory with a manifest; `change` edits the tensors first. Returns its path with a slash. */
export function writeSmallModel(folder: string, change: (tensors: Tensors) => void = () => {}): string {
  const tensors = smallTensors()
  change(tensors)
  const files: Record<string, Uint8Array | string> = {
    'config.json': JSON.stringify(smallConfig),
    'tokenizer.json': renderTokenizer(),
    'chat_template.jinja': chatTemplate,
    'model.safetensors': encodeSafetensors(tensors),
  }
  const digests = Object.entries(files).map(([name, content]) => {
    return [name, { sha256: sha256(content), size: Buffer.byteLength(content) }]
  })
  writeFolder(folder, { ...files, 'MANIFEST.json': JSON.stringify({ files: Object.fromEntries(digests) }) })
  return join(folder, '/')
}
