import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { adamw, clipGradients, createSlot } from '../containers/tiny-trainer/adamw.ts'
import { chatTemplate } from '../containers/tiny-trainer/chat-template.ts'
import { createCorpus } from '../containers/tiny-trainer/corpus.ts'
import { learningRate } from '../containers/tiny-trainer/learning-rate.ts'
import { forward, type Weights } from '../containers/tiny-trainer/model.ts'
import { ModelConfig } from '../containers/tiny-trainer/model-config.ts'
import { normal, streams } from '../containers/tiny-trainer/random.ts'
import { encodeSafetensors, type Tensors } from '../containers/tiny-trainer/safetensors.ts'
import { parseTokenizer, renderTokenizer } from '../containers/tiny-trainer/tokenizer.ts'
import { baseShapes, weightTree } from '../containers/tiny-trainer/weights.ts'

const seed = Number(process.env.TINY_SEED ?? 1)
const steps = Number(process.env.TINY_STEPS ?? 5400)
const schedule = {
  learning_rate: Number(process.env.TINY_LR ?? 3e-3),
  lr_scheduler_type: 'cosine',
  warmup_steps: 100,
} as const
const out = process.argv[2] ?? new URL('../containers/tiny-trainer/assets/tiny-llama/', import.meta.url).pathname

const config = ModelConfig.parse({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 104,
  hidden_size: 64,
  intermediate_size: 176,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  max_position_embeddings: 256,
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: 0,
  torch_dtype: 'float32',
})

const readme = `# tiny-llama

The tiny reference model: a Llama-shaped character-level network of about 107,000 parameters, pre-trained from scratch on
generated arithmetic in words (\`add 12 and 7\`) so that training, evaluation and gates can run for real on a laptop.
It is never a way to tune real LLMs. One problem in five is held out of pre-training (\`isHeldOut\` in
\`containers/tiny-trainer/arithmetic.ts\`). Rebuild with \`node scripts/build-tiny-base-model.ts\`.
`

const tokenizerJson = renderTokenizer()
const tokenizer = parseTokenizer(tokenizerJson)
const corpus = createCorpus(tokenizer, seed)
const shapes = baseShapes(config)
const slots = shapes.map(({ name, shape }, k) => createSlot(name, shape, initial(name, shape, k)))
const gradientOf = jit(valueAndGrad(loss))

const started = performance.now()
let average = 0
for (let step = 1; step <= steps; step++) {
  const { tokens, weights, rows, length } = corpus.batch(step)
  const [value, gradientTree] = gradientOf(
    parameters(),
    np.array(tokens, { shape: [rows, length + 1], dtype: np.int32 }),
    np.array(weights, { shape: [rows, length] }),
  )
  const gradients = leavesOf(gradientTree as Weights)
  clipGradients(gradients, 1)
  adamw(slots, gradients, step, { learningRate: learningRate(schedule, step, steps), weightDecay: 0.01 })
  average += ((value as np.Array).item() - average) / Math.min(step, 50)
  if (step % 100 === 0) {
    console.log(
      `step ${step}/${steps} loss ${average.toFixed(4)} ${((performance.now() - started) / 1000).toFixed(0)} s`,
    )
  }
  if (step % 1000 === 0) save()
}
save()

function parameters(): Weights {
  const byName = new Map(slots.map((slot) => [slot.name, slot]))
  return weightTree(config, (name) => {
    const { value, shape } = byName.get(name)!
    return np.array(new Float32Array(value), { shape })
  })
}

function leavesOf(gradients: Weights): Float32Array[] {
  const found = new Map<string, Float32Array>()
  const names = weightTree(config, (name) => name as unknown as np.Array)
  const paths = tree.leaves(names as never) as unknown as string[]
  for (const [i, leaf] of (tree.leaves(gradients as never) as np.Array[]).entries()) {
    found.set(paths[i]!, leaf.dataSync() as Float32Array)
  }
  return slots.map((slot) => found.get(slot.name)!)
}

function loss(weights: Weights, tokens: np.Array, mask: np.Array): np.Array {
  const length = tokens.shape[1]! - 1
  const targets = nn.oneHot(tokens.ref.slice([], [1, length + 1]), config.vocab_size)
  const logits = forward(config, weights, tokens.slice([], [0, length]))
  return nn.logSoftmax(logits, -1).mul(targets).sum(-1).mul(mask).sum().neg()
}

function initial(name: string, shape: number[], k: number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1)
  if (name.endsWith('norm.weight')) return new Float32Array(size).fill(1)
  const scale = name.includes('embed') ? 0.1 : 0.7 / Math.sqrt(shape[1]!)
  return Float32Array.from({ length: size }, (_, i) => scale * normal(seed, streams.baseInit, i, k))
}

/** As the formatter writes it, so that formatting the repository never changes a digest. */
function renderConfig(): string {
  return `${JSON.stringify(config, null, 2).replace(/\[\s+("\w+")\s+\]/, '[$1]')}\n`
}

function save() {
  const tensors: Tensors = Object.fromEntries(slots.map(({ name, shape, value }) => [name, { shape, data: value }]))
  const files: Record<string, Uint8Array> = {
    'config.json': Buffer.from(renderConfig()),
    'tokenizer.json': Buffer.from(tokenizerJson),
    'chat_template.jinja': Buffer.from(chatTemplate),
    'model.safetensors': encodeSafetensors(tensors, { format: 'pt' }),
    'README.md': Buffer.from(readme),
  }
  mkdirSync(out, { recursive: true })
  const digests = Object.entries(files).map(([name, bytes]) => {
    writeFileSync(join(out, name), bytes)
    return [name, { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length }]
  })
  const manifest = `${JSON.stringify({ files: Object.fromEntries(digests) }, null, 2)}\n`
  writeFileSync(join(out, 'MANIFEST.json'), manifest)
  console.log(`base model digest ${createHash('sha256').update(manifest).digest('hex')}`)
}
