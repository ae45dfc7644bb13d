import { describe, expect, it } from 'vitest'
import { canonicalOf, unitOf } from '../../../core/metrics/names.ts'
import { addNames, createNameBook, knownName, maxNames } from '../../../core/metrics/names-book.ts'

const named = (...lines: string[][]) => {
  const book = createNameBook()
  for (const line of lines) addNames(book, line)
  return Object.fromEntries(book.entries.map(({ native, name }) => [native, name]))
}

describe('canonical names', () => {
  it.each([
    [
      'TRL',
      {
        loss: 'total_loss',
        reward: 'reward_mean',
        kl: 'kl_ref',
        grad_norm: 'grad_norm_actor',
        'clip_ratio/region_mean': 'clip_fraction',
        'completions/mean_length': 'response_length_mean',
      },
    ],
    [
      'TRL PPO',
      {
        'loss/policy_avg': 'policy_loss',
        'objective/kl': 'kl_ref',
        'policy/approxkl_avg': 'kl_policy',
        lr: 'learning_rate',
        eps: 'eps',
      },
    ],
    [
      'verl',
      {
        'actor/pg_loss': 'policy_loss',
        'actor/ppo_kl': 'kl_policy',
        'actor/kl_loss': 'kl_ref',
        'critic/rewards/mean': 'reward_mean',
        'perf/throughput': 'perf/throughput',
        'perf/time_per_step': 'step_time',
        'actor/perf/max_memory_allocated_gb': 'gpu_memory_allocated_gib',
        'actor/lr': 'learning_rate',
        'critic/lr': 'critic/lr',
      },
    ],
    [
      'LLaMA-Factory',
      {
        loss: 'total_loss',
        lr: 'learning_rate',
        throughput: 'tokens_per_second',
        vram_allocated: 'gpu_memory_allocated_gib',
        percentage: 'percentage',
      },
    ],
    [
      'OpenRLHF',
      {
        policy_loss: 'policy_loss',
        critic_loss: 'value_loss',
        kl: 'kl_ref',
        ppo_kl: 'kl_policy',
        actor_grad_norm: 'grad_norm_actor',
        clip_ratio: 'clip_fraction',
      },
    ],
    [
      'nested lines',
      {
        'loss/actor_loss': 'policy_loss',
        'reward/max': 'reward_max',
        'kl/mean': 'kl_ref',
        'kl/max': 'kl_divergence_max',
        'gradient/critic_norm': 'grad_norm_critic',
        'performance/tokens_per_second': 'tokens_per_second',
      },
    ],
  ])('of %s', (_, expected) => {
    expect(named(Object.keys(expected))).toEqual(expected)
  })

  it('are of the best of several in one line, whatever their order, and the others keep their own', () => {
    const expected = { 'rewards/chosen': 'rewards/chosen', reward: 'reward_mean', 'rewards/margins': 'rewards/margins' }
    expect(named(['rewards/chosen', 'reward', 'rewards/margins'])).toEqual(expected)
    expect(named(['rewards/margins', 'reward', 'rewards/chosen'])).toEqual(expected)
  })

  it('stay with whom they were first', () => {
    expect(named(['lr'], ['learning_rate', 'actor/lr'])).toEqual({
      lr: 'learning_rate',
      learning_rate: 'logged/learning_rate',
      'actor/lr': 'actor/lr',
    })
  })

  it('are two for the two meanings of KL', () => {
    expect(named(['actor/ppo_kl', 'actor/kl_loss'])).toEqual({ 'actor/ppo_kl': 'kl_policy', 'actor/kl_loss': 'kl_ref' })
    expect(canonicalOf('kl_divergence')?.name).toBe('kl_ref')
  })

  it('have units, other names have none', () => {
    expect([unitOf('kl_ref'), unitOf('gpu_memory_allocated_gib'), unitOf('constructor')]).toEqual(['nats', 'GiB', ''])
  })
})

describe('a book of names', () => {
  it('ends at its limit and counts what it leaves out once, with examples', () => {
    const book = createNameBook()
    const all = Array.from({ length: maxNames + 50 }, (_, i) => `layer.${i}`)
    addNames(book, all)
    addNames(book, all.slice(maxNames))
    expect([book.entries.length, book.refused.length]).toEqual([maxNames, 50])
    expect(book.refused.flatMap(({ example }) => example ?? [])).toEqual(all.slice(maxNames, maxNames + 5))
    const again = createNameBook(book.entries, book.refused)
    expect(again).toEqual(book)
  })

  it('shortens a name that is too long, and keeps two such apart', () => {
    const [a, b] = ['a', 'b'].map((last) => knownName(`${'漢'.repeat(200)}${last}`)) as [string, string]
    expect(a).not.toBe(b)
    expect(Buffer.byteLength(a)).toBeLessThanOrEqual(200)
    expect(knownName('\ud800')).toBe('\ufffd')
  })
})
