export type Schedule = {
  learning_rate: number
  lr_scheduler_type: 'constant' | 'linear' | 'cosine'
  warmup_steps: number
}

/** The learning rate of optimizer step `step` (from 1) of `total`: linear warm-up, then the schedule, as in Transformers. */
export function learningRate(schedule: Schedule, step: number, total: number): number {
  const { learning_rate: peak, lr_scheduler_type: type, warmup_steps: warmup } = schedule
  const done = step - 1
  if (done < warmup) return (peak * done) / warmup
  if (type === 'constant') return peak
  const progress = (done - warmup) / Math.max(1, total - warmup)
  if (type === 'linear') return peak * Math.max(0, 1 - progress)
  return peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)))
}
