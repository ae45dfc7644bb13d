import { describe, expect, it } from 'vitest'
import type { ComputeDefinition } from '../../../core/platform/ports.ts'
import { checkBudget } from '../../../core/preflight/check-budget.ts'
import { checkCheckpoints } from '../../../core/preflight/check-disk.ts'
import { checkGpuMemory } from '../../../core/preflight/check-gpu-memory.ts'
import { checkImage } from '../../../core/preflight/check-image.ts'
import { checkPenalty } from '../../../core/preflight/check-penalty.ts'
import { type RecipeInput, RecipeSpec } from '../../../schemas/recipe.ts'
import type { ModelArchitecture } from '../../../schemas/registry.ts'
import { sampleRecipe } from '../../support/sample-project.ts'
import { notPassed } from '../support/subject.ts'

const model: ModelArchitecture = {
  parameters: 7_721_324_544,
  hidden_size: 4096,
  layers: 32,
  attention_heads: 32,
  kv_heads: 32,
  intermediate_size: 11_008,
  vocab_size: 151_936,
  dtype: 'bfloat16',
}
const machine: ComputeDefinition = {
  freeDiskBytes: 100e9,
  image: `registry.example.com/trl@sha256:${'a'.repeat(64)}`,
  gpus: 1,
  gpuMemoryBytes: 24e9,
  usdPerHour: 1.2,
}
type Stage = { batch_size?: number; max_length?: number; save_steps?: number; max_attempts?: number }
/** One SFT stage of 2,048 tokens; the estimate of one sequence at a time is 21.7 GB, from 17.4 to 27.1. */
function recipe(
  change: Partial<RecipeInput> = {},
  { batch_size = 16, max_length = 2048, ...stage }: Stage = {},
): RecipeSpec {
  const hyperparameters = { learning_rate: 1e-4, batch_size, max_length, lora: { r: 32 } }
  const sft = {
    algorithm: 'sft' as const,
    dataset: 'sample-sft',
    steps: 1000,
    save_steps: 100,
    hyperparameters,
    ...stage,
  }
  return RecipeSpec.parse(sampleRecipe({ stages: [sft], ...change }))
}
const gpu = (memoryGb: number, gpus = 1) => ({ ...machine, gpus, gpuMemoryBytes: memoryGb * 1e9 })
const only = <Value>([value, ...more]: Value[]) => {
  expect(more).toEqual([])
  return value
}

describe('GPU memory', () => {
  it.each([
    [17, 'fail'],
    [18, 'warn'],
    [24, 'warn'],
    [27, 'warn'],
    [28, 'pass'],
    [80, 'pass'],
  ])('of %i GB: %s', (memory, status) => {
    const check = only(checkGpuMemory(recipe(), model, gpu(memory)))
    expect(check).toMatchObject({ name: 'gpu_memory', status, value: 21.7 })
    expect(check?.evidence).toHaveLength(6)
  })

  it('says how many sequences fit at once, and when a whole batch does', () => {
    expect(only(checkGpuMemory(recipe(), model, gpu(40)))?.message).toMatch(/up to 5 of 16 fit at once: .* accumulate/)
    expect(only(checkGpuMemory(recipe(), model, gpu(141)))?.message).toContain('all 16 of a step fit at once')
  })

  it('may be shared by several GPUs: that warns, because only the trainer knows whether it shards', () => {
    expect(only(checkGpuMemory(recipe(), model, gpu(16, 1)))?.status).toBe('fail')
    expect(only(checkGpuMemory(recipe(), model, gpu(16, 4)))).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('sharded over 4 GPUs'),
    })
  })

  it('grows with sequence length, pairs of DPO, and the engine of GRPO', () => {
    const value = (spec: RecipeSpec) => only(checkGpuMemory(spec, model, gpu(80)))?.value as number
    const lora = { r: 32 }
    const dpo = {
      algorithm: 'dpo' as const,
      dataset: 'd',
      steps: 10,
      hyperparameters: { learning_rate: 1e-4, batch_size: 16, max_length: 2048, lora },
    }
    const grpo = {
      algorithm: 'grpo' as const,
      dataset: 'd',
      steps: 10,
      hyperparameters: {
        learning_rate: 1e-4,
        prompts_per_step: 2,
        num_generations: 8,
        max_prompt_length: 1024,
        max_completion_length: 1024,
        rewards: [{ type: 'format' as const, pattern: 'x' }],
        lora,
      },
    }
    const sft = value(recipe())
    expect(value(recipe({}, { max_length: 4096 }))).toBeGreaterThan(sft)
    expect(value(recipe({ stages: [dpo] }))).toBeGreaterThan(sft)
    expect(value(recipe({ stages: [grpo] }))).toBeGreaterThan(sft + 15)
  })

  it.each([
    ['smoke', 'enforce', 'warn'],
    ['prod', 'enforce', 'fail'],
    ['prod', 'report', 'warn'],
  ] as const)('that is not known: in %s, %s: %s', (profile, gpu_memory, status) => {
    const spec = recipe({ profile, preflight: { gpu_memory } })
    for (const [architecture, definition, remedy] of [
      [undefined, machine, 'Register the base model with its architecture'],
      [model, { ...machine, gpuMemoryBytes: null }, 'gpuMemoryGb'],
      [model, { ...machine, gpus: null }, 'gpuMemoryGb'],
      [model, { ...machine, gpuMemoryBytes: Number.NaN }, 'gpuMemoryGb'],
    ] as const)
      expect(only(checkGpuMemory(spec, architecture, definition))).toMatchObject({
        status,
        value: null,
        remedy: expect.stringContaining(remedy),
      })
  })

  it('that is too small is a warning where the recipe says so', () => {
    const spec = recipe({ preflight: { gpu_memory: 'report' } })
    expect(only(checkGpuMemory(spec, model, gpu(8)))?.status).toBe('warn')
  })

  it('is not asked of a definition without GPUs', () => {
    expect(checkGpuMemory(recipe({ profile: 'prod' }), undefined, { ...machine, gpus: 0 })).toEqual([])
  })
})

describe('checkpoints on disk', () => {
  // LoRA of rank 32 on every matrix: 79,953,920 numbers of 12 bytes, 0.959 GB.
  it.each([
    [{}, 9.59e9, 'fail'],
    [{}, 9.6e9, 'pass'],
    [{ keep_checkpoints: 2 }, 1.91e9, 'fail'],
    [{ keep_checkpoints: 2 }, 1.92e9, 'pass'],
    [{ keep_checkpoints: 50 }, 9.6e9, 'pass'],
    [{}, Number.NaN, 'fail'],
  ])('%j with %d bytes free: %s', (preflight, freeDiskBytes, status) => {
    const check = only(checkCheckpoints(recipe({ preflight }), model, { ...machine, freeDiskBytes }))
    expect(check).toMatchObject({ name: 'checkpoint_disk', status })
  })

  it('of a stage that saves none are one, at its end', () => {
    const check = only(checkCheckpoints(recipe({}, { save_steps: -1 }), model, machine))
    expect(check).toMatchObject({ status: 'pass', value: 0.959 })
  })

  it('of a model that is not known warn', () => {
    expect(only(checkCheckpoints(recipe(), undefined, machine))).toMatchObject({ status: 'warn', value: null })
  })
})

describe('the image', () => {
  const status = (profile: 'smoke' | 'prod', image: string | null) =>
    checkImage(recipe({ profile }), { ...machine, image }).status
  it.each([
    ['prod', machine.image, 'pass'],
    ['prod', null, 'pass'],
    ['prod', 'registry.example.com/trl:latest', 'fail'],
    ['prod', `registry.example.com/trl@sha256:${'a'.repeat(63)}`, 'fail'],
    ['prod', '', 'fail'],
    ['smoke', 'registry.example.com/trl:latest', 'warn'],
  ] as const)('in %s: %s: %s', (profile, image, expected) => {
    expect(status(profile, image)).toBe(expected)
  })

  it('of a program of this machine is its Sluice', () => {
    expect(checkImage(recipe(), { ...machine, image: null }).value).toMatch(/^a program of this machine, Sluice \d/)
  })
})

describe('the budget', () => {
  // 5 attempts of an hour at 1.2 USD.
  it.each([
    [6, 1.2, 'pass'],
    [5.99, 1.2, 'fail'],
    [1000, null, 'fail'],
    [1000, Number.NaN, 'fail'],
    [0.01, 0, 'pass'],
  ])('of %d USD at %s an hour: %s', (max_usd, usdPerHour, status) => {
    const check = only(checkBudget(recipe({ budget: { max_usd } }), { ...machine, usdPerHour }))
    expect(check).toMatchObject({ name: 'budget', status })
  })

  it('says both the worst case and what one attempt of each stage costs', () => {
    const check = only(checkBudget(recipe({ budget: { max_usd: 1 } }, { max_attempts: 3 }), machine))
    expect(check).toMatchObject({
      value: 3.6,
      message: expect.stringMatching(/at most 3\.60 USD .* 1\.20 USD with one/),
    })
  })

  it('is not asked without one', () => {
    expect(checkBudget(recipe(), { ...machine, usdPerHour: null })).toEqual([])
  })
})

describe('the over-clarification penalty', () => {
  const guards = { simulate: false, live_mode: true, seeds: [1], target_kl: 0.02, seed_pool: 'balanced' }
  const check = (profile: 'smoke' | 'prod', overclar_penalty?: { alpha?: number; cap?: number }, on = true) =>
    notPassed(
      checkPenalty(
        recipe({
          profile,
          guards: { ...guards, use_overclar_penalty: on, ...(overclar_penalty && { overclar_penalty }) },
        }),
      ),
    )
  it('gives what is required for its cases, or goes red', () => {
    expect(check('prod')).toEqual([])
    expect(check('prod', { alpha: 0.08 })).toEqual(['overclar_penalty guards/overclar_penalty: fail'])
    expect(check('prod', { cap: 2 })).toEqual(['overclar_penalty guards/overclar_penalty: fail'])
    expect(check('smoke', { cap: 4 })).toEqual(['overclar_penalty guards/overclar_penalty: warn'])
  })

  it('is not tested where it is off', () => {
    expect(check('prod', { cap: 2 }, false)).toEqual([])
  })
})
