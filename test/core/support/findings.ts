import { mkdir, writeFile } from 'node:fs/promises'
import type { Anomaly } from '../../../schemas/diagnostics.ts'

/** A finding as the rules give one. */
export function finding(change: Partial<Anomaly> = {}): Anomaly {
  const { stage = 0, attempt = 1, rule = 'kl_explosion', step = 3 } = change
  return {
    id: `${stage}.${attempt}.${rule}.${step}`,
    stage,
    attempt,
    rule,
    severity: 'critical',
    metric: 'kl_ref',
    step,
    last_step: step,
    ended: false,
    time: null,
    value: 3,
    threshold: 1,
    unit: 'nats',
    message: `kl_ref is 3 nats at step ${step}, above 1`,
    cause: 'The policy ran away from its reference',
    advice: [{ key: `stages[${stage}].hyperparameters.learning_rate`, value: 0.0005, text: 'Halve the learning rate' }],
    evidence: [[step, 3]],
    stops: true,
    rules_version: 1,
    ...change,
  }
}

/** Ships segment `number` of an attempt: one line for each step, with what `data` says of it. */
export async function ship(
  folder: string,
  number: number,
  steps: readonly number[],
  data: (step: number) => Record<string, unknown>,
  time: (step: number) => number = (step) => step * 1000,
): Promise<void> {
  const line = (step: number) => JSON.stringify({ step, ts: new Date(time(step)).toISOString(), data: data(step) })
  await mkdir(`${folder}metrics`, { recursive: true })
  await writeFile(`${folder}metrics/${String(number).padStart(8, '0')}.jsonl`, `${steps.map(line).join('\n')}\n`)
}
