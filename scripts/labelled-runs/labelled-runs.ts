import { diseases } from './diseases.ts'
import { healthyRl } from './healthy-rl.ts'
import { healthyDpo, healthySft } from './healthy-supervised.ts'
import { createRandom, type Random } from './random.ts'
import { type Draft, type LabelledRun, toColumns } from './run.ts'

const healthy: Record<string, (random: Random) => Draft> = {
  'SFT, healthy': healthySft,
  'DPO, healthy': healthyDpo,
  'GRPO, healthy': (random) => healthyRl(random, { algorithm: 'grpo' }),
  'PPO, healthy': (random) => healthyRl(random, { algorithm: 'ppo' }),
  'DAPO-like, healthy': (random) => healthyRl(random, { algorithm: 'dapo' }),
}

export const healthyKinds = Object.keys(healthy)
export const diseasedKinds = Object.keys(diseases)

/** The run of a kind and seed: always the same. */
export function labelledRun(kind: string, seed: number): LabelledRun {
  const random = createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ hash(kind))
  const make = healthy[kind]
  if (make) {
    const draft = make(random)
    return { kind, seed, head: draft.head, rows: toColumns(draft) }
  }
  const { rule, also, healthy: base, strike } = diseases[kind]!
  const draft = base(random)
  const struck = Math.floor(draft.steps.length * random.between(0.3, 0.6))
  const row = strike(draft, struck, random) ?? struck
  const onset = draft.steps[row]!
  return { kind, seed, head: draft.head, rows: toColumns(draft), disease: { rule, also, onset, row } }
}

function hash(text: string): number {
  let sum = 2166136261
  for (const char of text) sum = Math.imul(sum ^ char.charCodeAt(0), 16777619)
  return sum >>> 0
}
