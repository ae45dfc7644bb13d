import { describe, expect, it } from 'vitest'
import { architectureOf } from '../../../core/preflight/architecture.ts'
import { type GpuMemory, gpuMemory } from '../../../core/preflight/gpu-memory.ts'
import { checkpointBytes, loraParameters } from '../../../core/preflight/model-size.ts'
import type { ModelArchitecture } from '../../../schemas/registry.ts'

const everyMatrix = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
const lora = (r: number) => ({ r, target_modules: [...everyMatrix] })

function llama(parameters: number, hidden: number, layers: number, inner: number, vocab = 32_000): ModelArchitecture {
  const heads = hidden / 128
  const size = { parameters, hidden_size: hidden, layers, intermediate_size: inner, vocab_size: vocab }
  return { ...size, attention_heads: heads, kv_heads: heads, dtype: 'bfloat16' }
}
const llamas = {
  '7B': llama(6_738_415_616, 4096, 32, 11_008),
  '13B': llama(13_015_864_320, 5120, 40, 13_824),
  '30B': llama(32_528_943_616, 6656, 60, 17_920),
  '65B': llama(65_285_660_672, 8192, 80, 22_016),
}
const qwen = llama(7_721_324_544, 4096, 32, 11_008, 151_936)

function tune(model: ModelArchitecture, dtype: ModelArchitecture['dtype'], r: number, tokens: number): GpuMemory {
  return gpuMemory({ ...model, dtype }, { trainable: loraParameters(model, lora(r)), sequences: 1, tokens, shards: 1 })
}
const holds = ({ low, high }: GpuMemory, published: number) => {
  expect(low / 1e9).toBeLessThanOrEqual(published)
  expect(high / 1e9).toBeGreaterThanOrEqual(published)
}

describe('the estimate holds what others measured, within its band', () => {
  // Qwen-7B, one A100, batch 1, LoRA of rank 64, gradient checkpointing (README of the model, "Profiling of Memory and Speed").
  it.each([
    ['bfloat16', 256, 20.1],
    ['bfloat16', 512, 20.4],
    ['bfloat16', 1024, 21.5],
    ['bfloat16', 2048, 23.8],
    ['bfloat16', 4096, 29.7],
    ['bfloat16', 8192, 36.6],
    ['nf4', 256, 11.5],
    ['nf4', 512, 11.5],
    ['nf4', 1024, 12.3],
    ['nf4', 2048, 13.9],
    ['nf4', 4096, 16.9],
    ['nf4', 8192, 23.5],
  ] as const)('Qwen-7B in %s with %i tokens: %d GB', (dtype, tokens, published) => {
    holds(tune(qwen, dtype, 64, tokens), published)
  })

  // The hardware table of LLaMA-Factory, whose figures are cards that suffice.
  it.each([
    ['7B', 'bfloat16', 16],
    ['13B', 'bfloat16', 32],
    ['30B', 'bfloat16', 80],
    ['65B', 'bfloat16', 160],
    ['7B', 'int8', 10],
    ['13B', 'int8', 16],
    ['30B', 'int8', 40],
    ['65B', 'int8', 80],
    ['7B', 'nf4', 6],
    ['13B', 'nf4', 12],
    ['30B', 'nf4', 24],
    ['65B', 'nf4', 48],
  ] as const)('LLaMA %s in %s: %d GB', (size, dtype, published) => {
    holds(tune(llamas[size], dtype, 8, 1024), published)
  })

  // Model states of mixed-precision Adam, 16 bytes each (ZeRO, 3.1 and figure 1), and two GPUs that share them (Qwen-7B, full).
  it.each([
    ['7B', 7e9, 112],
    ['7.5B', 7.5e9, 120],
    ['1.5B', 1.5e9, 24],
  ])('the states of full fine-tuning of %s', (_, parameters, published) => {
    const model = llama(parameters, 4096, 32, 11_008)
    const { parts } = gpuMemory(model, { trainable: parameters, sequences: 1, tokens: 512, shards: 1 })
    expect((parts.weights + parts.training) / 1e9).toBeCloseTo(published, 6)
  })

  it('full fine-tuning of Qwen-7B on two GPUs: 139.2 and 148 GB in all', () => {
    for (const [tokens, published] of [
      [256, 139.2],
      [512, 148],
    ] as const)
      holds(gpuMemory(qwen, { trainable: qwen.parameters, sequences: 1, tokens, shards: 2 }), published / 2)
  })
})

describe('the estimate', () => {
  const base = { trainable: loraParameters(qwen, lora(8)), sequences: 1, tokens: 1024, shards: 1 }
  const bytes = (change: Partial<Parameters<typeof gpuMemory>[1]>) => gpuMemory(qwen, { ...base, ...change }).bytes

  it('is the sum of its parts, and grows with everything that takes memory', () => {
    const { bytes: whole, parts } = gpuMemory(qwen, base)
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(whole)
    for (const change of [{ sequences: 2 }, { tokens: 2048 }, { trainable: 2e9 }, { frozenCopies: 1 }])
      expect(bytes(change), JSON.stringify(change)).toBeGreaterThan(whole)
    expect(bytes({ rollout: { sequences: 8, tokens: 1024 } })).toBeGreaterThan(whole + 2 * qwen.parameters)
    expect(bytes({ shards: 8 })).toBeLessThan(whole)
  })
})

describe('the size of a model', () => {
  it('LoRA of rank 8 on every matrix of LLaMA 7B trains 19,988,480 numbers', () => {
    expect(loraParameters(llamas['7B'], lora(8))).toBe(19_988_480)
    expect(checkpointBytes(llamas['7B'], lora(8))).toBe(12 * 19_988_480)
    expect(loraParameters(llamas['7B'], { r: 8, target_modules: ['q_proj', 'v_proj'] })).toBe(4_194_304)
  })

  it('counts the parameters of published models from their config.json', () => {
    const llama2 = {
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      intermediate_size: 11_008,
      vocab_size: 32_000,
      torch_dtype: 'float16',
    }
    expect(architectureOf(JSON.stringify(llama2))).toMatchObject({ parameters: 6_738_415_616, dtype: 'float16' })
    const qwen3 = {
      hidden_size: 1024,
      head_dim: 128,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      intermediate_size: 3072,
      vocab_size: 151_936,
      tie_word_embeddings: true,
      dtype: 'bfloat16',
    }
    // The norms of queries and keys, 2 x 128 in each layer, are left out.
    expect(architectureOf(JSON.stringify({ text_config: qwen3 }))?.parameters).toBe(596_049_920 - 28 * 256)
  })

  it.each(['', '{}', '[]', 'null', '{"hidden_size":"x"}', '{"hidden_size":0,"num_hidden_layers":1}'])(
    'is not read from %j',
    (text) => {
      expect(architectureOf(text)).toBeUndefined()
    },
  )
})
