import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../core/diagnostics/engine.ts'
import { nothingOdd } from '../../../core/diagnostics/replay.ts'
import { brief, find, headOf, noisy, rowsOf, steps } from './support.ts'

const logNoise = (rows: number, level: (row: number) => number, deviation = 0.3) =>
  noisy(rows, (row) => Math.log(level(row)), deviation).map(Math.exp)

describe('grad_explosion', () => {
  it('is told from three steps in a row on, worse by ratio, and critical only when it lasts', () => {
    const told = (factor: number, count: number) =>
      find('grpo', rowsOf({ grad_norm_actor: [...logNoise(100, () => 1), ...steps([count, factor])] })).map(
        (a) => a.severity,
      )
    expect(told(60, 2)).toEqual([])
    expect(told(60, 3)).toEqual(['medium'])
    expect(told(500, 3)).toEqual(['high'])
    expect(told(500, 15)).toEqual(['critical'])
  })

  it('is silent on single spikes, and on a slow drift by ten thousand', () => {
    const spikes = logNoise(600, (row) => (row % 50 === 0 ? 300 : 1))
    expect(find('grpo', rowsOf({ grad_norm_actor: spikes }))).toEqual([])
    const drift = logNoise(1500, (row) => 10_000 ** (row / 1500))
    expect(find('grpo', rowsOf({ grad_norm_actor: drift }))).toEqual([])
  })

  it('watches the critic too, under its own id', () => {
    const norms = [...logNoise(100, () => 1), ...steps([5, 80])]
    const found = find('ppo', rowsOf({ grad_norm_actor: norms, grad_norm_critic: norms }))
    expect(brief(found)).toEqual(['0.1.grad_explosion.101 medium', '0.1.grad_explosion.101.grad_norm_critic medium'])
  })
})

describe('grad_vanishing', () => {
  it('is medium far below its early level, high for a zero outside RL', () => {
    const later = (value: number) => rowsOf({ grad_norm_actor: [...logNoise(100, () => 1), ...steps([120, value])] })
    expect(find('sft', later(1e-4))).toMatchObject([{ rule: 'grad_vanishing', severity: 'medium' }])
    expect(find('sft', later(0))).toMatchObject([{ severity: 'high', threshold: 0 }])
    expect(find('grpo', later(0))).toMatchObject([{ severity: 'medium' }])
    expect(find('sft', later(0.01))).toEqual([])
  })
})

describe('entropy_collapse', () => {
  const fast = noisy(300, (row) => (row < 150 ? 1 : Math.max(0.03, Math.exp((150 - row) / 12))), 0.01).map((v) =>
    Math.max(0, v),
  )

  it('is high when it falls fast and nothing is gained', () => {
    const found = find('grpo', rowsOf({ entropy: fast, reward_mean: noisy(300, 0.4, 0.03) }))
    expect(found).toMatchObject([{ rule: 'entropy_collapse', severity: 'high', stops: false }])
  })

  it('is low when the reward rises meanwhile, and when it falls slowly', () => {
    const rising = noisy(300, (row) => (row < 150 ? 0.4 : Math.min(0.9, 0.4 + (row - 150) / 50)), 0.03)
    expect(find('grpo', rowsOf({ entropy: fast, reward_mean: rising })).map((a) => a.severity)).toEqual(['low'])
    const slow = Array.from({ length: 2000 }, (_, row) => Math.exp(-row / 500))
    expect(find('grpo', rowsOf({ entropy: slow })).map((a) => a.severity)).toEqual(['low'])
    expect(find('sft', rowsOf({ entropy: fast }))).toEqual([])
  })
})

describe('length_runaway', () => {
  it('is high when nearly all are cut off, medium above half, low while the reward rises', () => {
    const clip = (late: number) => noisy(200, (row) => (row < 100 ? 0.05 : late), 0.01)
    const reward = noisy(200, 0.5, 0.03)
    const told = (late: number, reward_mean: number[]) =>
      find('grpo', rowsOf({ response_clip_ratio: clip(late), reward_mean })).map((a) => a.severity)
    expect(told(0.97, reward)).toEqual(['high'])
    expect(told(0.7, reward)).toEqual(['medium'])
    expect(told(0.4, reward)).toEqual([])
    expect(
      told(
        0.7,
        noisy(200, (row) => 0.2 + row / 300, 0.02),
      ),
    ).toEqual(['low'])
  })

  it('gives a run that begins cut off the time to learn to end', () => {
    const falling = noisy(300, (row) => 0.9 * Math.exp(-row / 120), 0.01)
    expect(find('grpo', rowsOf({ response_clip_ratio: falling }))).toEqual([])
    expect(find('grpo', rowsOf({ response_clip_ratio: steps([90, 0.8]) }))).toEqual([])
    expect(find('grpo', rowsOf({ response_clip_ratio: steps([300, 0.8]) }))).toMatchObject([{ severity: 'medium' }])
  })

  it('takes growth alone for low', () => {
    const lengths = noisy(400, (row) => 200 + 3 * row, 5)
    expect(find('grpo', rowsOf({ response_length_mean: lengths }))).toMatchObject([{ severity: 'low', unit: 'tokens' }])
  })
})

describe('throughput_drop', () => {
  it('is medium below half, high below a quarter of its own level, and ends when it is back', () => {
    const speeds = (after: number, back = 0) => [...logNoise(100, () => 5000, 0.1), ...steps([60, after], [back, 5000])]
    expect(find('sft', rowsOf({ tokens_per_second: speeds(2000, 30) }))).toMatchObject([
      { severity: 'medium', ended: true },
    ])
    expect(find('sft', rowsOf({ tokens_per_second: speeds(800) }))).toMatchObject([{ severity: 'high' }])
    expect(find('sft', rowsOf({ tokens_per_second: speeds(0) }))).toMatchObject([{ severity: 'high' }])
  })

  it('lets slow checkpoints pass', () => {
    const speeds = logNoise(500, (row) => (row % 10 === 0 ? 500 : 5000), 0.1)
    expect(find('sft', rowsOf({ tokens_per_second: speeds }))).toEqual([])
  })
})

describe('memory_creep', () => {
  const used = (grow: (row: number) => number) =>
    rowsOf({ gpu_memory_allocated_gib: Array.from({ length: 600 }, (_, row) => 40 * grow(row)) })

  it('lets a peak settle that rises ever more slowly', () => {
    expect(
      find(
        'grpo',
        used((row) => 1 + 0.5 * (1 - Math.exp(-row / 120))),
      ),
    ).toEqual([])
  })

  it('is told while it rises, not when it steps up once or stands', () => {
    expect(
      find(
        'grpo',
        used((row) => 1 + row / 2000),
      ),
    ).toMatchObject([{ rule: 'memory_creep', severity: 'medium' }])
    expect(
      find(
        'grpo',
        used((row) => (row < 300 ? 1 : 1.4)),
      ),
    ).toEqual([])
    expect(
      find(
        'grpo',
        used(() => 1),
      ),
    ).toEqual([])
  })
})

describe('data_quality', () => {
  const odd = {
    junk_lines: 3,
    backward_steps: 0,
    type_changes: 1,
    refused_names: { count: 7, examples: ['grad/layer.17', 'grad/layer.18'] },
  }

  it('tells each kind once, low, and medium when there are many', () => {
    const engine = createEngine({ stage: 0, attempt: 1, head: headOf('sft') })
    const rows = rowsOf({ total_loss: [1] })
    expect(brief(engine.observe(rows, nothingOdd))).toEqual([])
    const found = engine.observe(rows, odd)
    expect(brief(found)).toEqual([
      '0.1.data_quality.0.junk_lines low',
      '0.1.data_quality.0.type_changes low',
      '0.1.data_quality.0.refused_names low',
    ])
    expect(found[0]!.message).toContain('3 lines')
    expect(found[2]!.message).toContain('grad/layer.17, grad/layer.18')
    expect(engine.observe(rows, { ...odd, junk_lines: 4 })).toEqual([])
    const restarted = createEngine({ stage: 0, attempt: 1, head: headOf('sft') }, engine.state())
    expect(restarted.observe(rows, odd)).toEqual([])
    expect(brief(restarted.observe(rows, { ...odd, junk_lines: 500 }))).toEqual([
      '0.1.data_quality.0.junk_lines medium',
    ])
  })

  it('counts steps that go back, not steps that repeat, and lines without a time', () => {
    expect(find('sft', rowsOf({ total_loss: steps([6, 1]) }, [1, 2, 2, 3, 3, 4]))).toEqual([])
    expect(brief(find('sft', rowsOf({ total_loss: steps([6, 1]) }, [1, 2, 3, 2, 3, 4])))).toEqual([
      '0.1.data_quality.2.backward_steps low',
    ])
    const untimed = rowsOf({ total_loss: steps([12, 1]) })
    untimed.times.fill(Number.NaN)
    expect(find('sft', untimed)).toMatchObject([{ id: '0.1.data_quality.10.missing_times', time: null }])
  })
})

describe('runs that say little', () => {
  it('one row, no rows, no metrics, unknown algorithm', () => {
    expect(find('grpo', rowsOf({ reward_mean: [0.3], kl_ref: [50], grad_norm_actor: [1e9] }))).toEqual([])
    expect(find('grpo', { steps: new Float64Array(), times: new Float64Array(), columns: [] })).toEqual([])
    expect(find('made up', rowsOf({ total_loss: [3, 3], learning_rate: [1, 1] }))).toEqual([])
  })
})
