import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { jit, numpy as np, tree } from '@jax-js/jax'
import { describe, expect, it } from 'vitest'
import { readAdapter } from '../../containers/tiny-trainer/adapter-files.ts'
import { loadBaseModel } from '../../containers/tiny-trainer/base-model.ts'
import { chatTemplate, renderPrompt } from '../../containers/tiny-trainer/chat-template.ts'
import { compileDecoder } from '../../containers/tiny-trainer/decode.ts'
import { compileMerge } from '../../containers/tiny-trainer/lora.ts'
import { forward, type Weights } from '../../containers/tiny-trainer/model.ts'
import { uniform } from '../../containers/tiny-trainer/random.ts'
import { GenerateManifest, ResponseLine, TrainerStatus, TrainManifest } from '../../schemas/trainer-contract.ts'
import {
  createWorkspace,
  type Json,
  readMetrics,
  readStatus,
  runTrainer,
  sha256,
  sha256File,
  shippedModel,
} from './support.ts'

const digest = sha256File(join(shippedModel, 'MANIFEST.json'))
const base = () => loadBaseModel(pathToFileURL(shippedModel).href, digest, [])!
const suite = ['add 12 and 7', 'take 7 from 12', 'double 8'].map((prompt) => ({ prompt, answer: 'hidden' }))
const workspace = createWorkspace()

async function generate(name: string, fields: Json = {}) {
  const { path, uri } = workspace.output(name)
  const dataset = workspace.dataset('suite', suite)
  const common = { mode: 'generate', evaluation: 'eval-1', dataset, max_new_tokens: 24, temperature: 0 }
  const result = await runTrainer(workspace.spec({ ...common, output_uri: uri, ...fields }), workspace.publicPem)
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const text = readFileSync(join(path, 'responses-00000.jsonl'), 'utf8')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => ResponseLine.parse(JSON.parse(line)))
  return { path, text, lines, responses: lines.map(({ response }) => response) }
}

/** Greedy replies by running the whole sequence through the training forward pass for every token: no cache, no decoder. */
function slowGreedy(weights: Weights, prompt: string): string {
  const { config, tokenizer } = base()
  const run = jit((w: Weights, tokens: np.Array) => forward(config, w, tokens))
  const ids = (renderPrompt(tokenizer, prompt) as { ids: number[] }).ids
  const start = ids.length
  for (;;) {
    const tokens = new Int32Array(40)
    tokens.set(ids)
    const logits = (
      run(tree.ref(weights), np.array(tokens, { shape: [1, 40], dtype: np.int32 })) as np.Array
    ).dataSync()
    const row = [...logits.slice((ids.length - 1) * 104, ids.length * 104)]
    const id = row.indexOf(Math.max(...row))
    if (id === tokenizer.special.eos || ids.length - start === 24) return tokenizer.decode(ids.slice(start))
    ids.push(id)
  }
}

describe('the decoder', () => {
  it('gives the logits of the full forward pass at every position, within 1e-4', () => {
    const { config, weights } = base()
    const [rows, time] = [3, 24]
    const tokens = Int32Array.from({ length: rows * time }, (_, i) => Math.floor(104 * uniform(1, 1, i)))
    const full = jit((w: Weights, t: np.Array) => forward(config, w, t))
    const wanted = (
      full(tree.ref(weights), np.array(tokens, { shape: [rows, time], dtype: np.int32 })) as np.Array
    ).dataSync()
    const decoder = compileDecoder(config, rows, time)(weights)
    let worst = 0
    for (let t = 0; t < time; t++) {
      const logits = decoder.feed(Int32Array.from({ length: rows }, (_, row) => tokens[row * time + t]!))
      for (const [i, logit] of logits.entries()) {
        const at = (Math.floor(i / 104) * time + t) * 104 + (i % 104)
        worst = Math.max(worst, Math.abs(logit - wanted[at]!))
      }
    }
    expect(worst).toBeLessThan(1e-4)
    expect(Math.max(...wanted)).toBeGreaterThan(1)
  })
})

describe('generation with the shipped base model', () => {
  it('answers with bare numbers, in order, with a manifest and a status, and never sees the answer column', async () => {
    const { path, text, lines, responses } = await generate('base')
    expect(responses).toEqual(['19', '5', '16'])
    expect(lines.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([0, 1, 2].map((i) => [i, 'stop']))
    expect(lines[2]).toMatchObject({ prompt_tokens: 'double 8'.length + 3, completion_tokens: 3 })
    const manifest = GenerateManifest.parse(JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')))
    expect(manifest).toMatchObject({ evaluation: 'eval-1', items: 3, chat_template_digest: sha256(chatTemplate) })
    expect(manifest.files['responses-00000.jsonl']).toEqual({ sha256: sha256(text), size: text.length })
    expect(TrainerStatus.parse(readStatus(path))).toMatchObject({
      status: 'completed',
      current_step: 3,
      total_steps: 3,
    })
  })

  it('samples by seed: the same seed repeats, another one differs', async () => {
    const hot = { temperature: 3, max_new_tokens: 8 }
    const [first, again, other] = [
      await generate('hot-1', hot),
      await generate('hot-2', hot),
      await generate('hot-3', { ...hot, seed: 8 }),
    ]
    expect(again.text).toBe(first.text)
    expect(other.text).not.toBe(first.text)
  })

  it('stops at max_new_tokens and says so', async () => {
    const { lines } = await generate('short', { max_new_tokens: 1 })
    expect(lines.map(({ response, finish_reason }) => [response, finish_reason])).toEqual([
      ['1', 'length'],
      ['5', 'length'],
      ['1', 'length'],
    ])
  })
})

describe('a trained adapter', () => {
  it('carries PEFT names, changes the replies, and reloads to the same greedy output without cache or decoder', async () => {
    const rows = suite.map(({ prompt }) => ({ prompt, completion: '<answer>1</answer>' }))
    const { path, uri } = workspace.output('sft')
    const spec = workspace.spec({
      mode: 'train',
      algorithm: 'sft',
      stage: 0,
      attempt: 1,
      planned_steps: 12,
      save_steps: 12,
      flush_seconds: 0.2,
      dataset: workspace.dataset('train', rows),
      hyperparameters: { learning_rate: 0.01, batch_size: 3, max_length: 64 },
      output_uri: uri,
    })
    expect(await runTrainer(spec, workspace.publicPem)).toMatchObject({ code: 0, stderr: '' })
    const manifest = TrainManifest.parse(JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')))
    expect(Object.keys(manifest.files).sort()).toEqual(
      ['adapter_config.json', 'adapter_model.safetensors', 'chat_template.jinja', 'tokenizer.json'].map(
        (name) => `final/${name}`,
      ),
    )
    const losses = readMetrics(path).map(({ data }) => Number(data.total_loss))
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 3)

    const { config, weights } = base()
    const adapter = readAdapter(join(path, 'final'), config)
    expect(
      adapter.slots.find(({ name }) => name === 'base_model.model.model.layers.1.mlp.down_proj.lora_A.weight')?.shape,
    ).toEqual([8, 176])
    const adapterRef = { uri: `${uri}final`, manifest_uri: `${uri}manifest.json` }
    const { responses } = await generate('tuned', { adapter: adapterRef })
    expect(responses).not.toEqual(['19', '5', '16'])
    const merged = compileMerge(config, adapter.lora, weights)(adapter.slots)
    expect(responses).toEqual(suite.map(({ prompt }) => slowGreedy(merged, prompt)))
  })
})

describe('preference and reward training', () => {
  const train = async (name: string, fields: Json) => {
    const { path, uri } = workspace.output(name)
    const common = {
      mode: 'train',
      stage: 0,
      attempt: 1,
      planned_steps: 8,
      save_steps: 8,
      flush_seconds: 1,
      output_uri: uri,
    }
    expect(
      await runTrainer(
        workspace.spec({ ...common, ...(fields as { dataset: { digest: string } }) }),
        workspace.publicPem,
      ),
    ).toMatchObject({
      code: 0,
      stderr: '',
    })
    return { uri, lines: readMetrics(path) }
  }

  it('DPO raises the margin of chosen over rejected replies from zero', async () => {
    const rows = suite.map(({ prompt }) => ({ prompt, chosen: '<b>1</b>', rejected: '19' }))
    const hyperparameters = { learning_rate: 0.003, batch_size: 3, max_length: 64, beta: 0.1 }
    const { lines } = await train('dpo', {
      algorithm: 'dpo',
      dataset: workspace.dataset('pairs', rows),
      hyperparameters,
    })
    expect(lines[0]!.data).toMatchObject({
      'rewards/chosen': expect.closeTo(0, 5),
      'rewards/accuracies': expect.anything(),
    })
    expect(lines[0]!.data.total_loss).toBeCloseTo(Math.log(2), 5)
    expect(Number(lines.at(-1)!.data['rewards/margins'])).toBeGreaterThan(0.5)
    expect(lines.at(-1)!.data['rewards/accuracies']).toBe(1)
  })

  it('GRPO raises a reward, and its next stage starts from that adapter with zero KL', async () => {
    const hyperparameters = {
      learning_rate: 0.003,
      prompts_per_step: 3,
      num_generations: 16,
      max_completion_length: 6,
      max_prompt_length: 24,
      temperature: 3,
      rewards: [{ type: 'format', pattern: '[0-9]+', weight: 1 }],
    }
    const dataset = workspace.dataset('suite', suite)
    const { uri, lines } = await train('grpo', { algorithm: 'grpo', dataset, hyperparameters, planned_steps: 10 })
    const rewards = lines.map(({ data }) => Number(data.reward_mean))
    expect(lines[0]!.data).toMatchObject({
      kl_ref: expect.closeTo(0, 5),
      clip_fraction: 0,
      reward_max: 1,
      reward_min: 0,
    })
    expect(rewards.at(-1)!).toBeGreaterThan(rewards[0]! + 0.1)
    expect(lines[0]!.data.format_accuracy).toBe(lines[0]!.data.reward_mean)

    const adapter = { uri: `${uri}final`, manifest_uri: `${uri}manifest.json` }
    const next = await train('grpo-2', {
      algorithm: 'grpo',
      dataset,
      hyperparameters,
      adapter,
      stage: 1,
      planned_steps: 1,
    })
    expect(next.lines[0]!.data.kl_ref).toBeCloseTo(0, 5)
    expect(Number(next.lines[0]!.data.reward_mean)).toBeGreaterThan(rewards[0]!)
  })
})
