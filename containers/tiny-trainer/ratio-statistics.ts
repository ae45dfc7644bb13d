export type RatioInput = {
  logp: Float32Array
  old: Float32Array
  reference: Float32Array
  mask: Float32Array
  weights: Float32Array
  entropy: Float32Array
  advantages: readonly number[]
  width: number
  clip: { low: number; high: number }
  beta: number
}

/** Loss without its KL part, clipped share, entropy and, when beta is not 0, the k3 KL: per-token arrays [rows * width]. */
export function ratioStatistics(input: RatioInput): Record<string, number> {
  const { logp, old, reference, mask, weights, entropy, advantages, width, clip, beta } = input
  let tokens = 0
  let clipped = 0
  let kl = 0
  let entropies = 0
  let policyLoss = 0
  for (const [i, on] of mask.entries()) {
    if (on === 0) continue
    const advantage = advantages[Math.floor(i / width)]!
    const ratio = Math.exp(logp[i]! - old[i]!)
    const drift = reference[i]! - logp[i]!
    const limited = Math.min(Math.max(ratio, 1 - clip.low), 1 + clip.high)
    tokens += 1
    entropies += entropy[i]!
    kl += Math.exp(drift) - drift - 1
    policyLoss -= weights[i]! * Math.min(ratio * advantage, limited * advantage)
    if ((ratio < 1 - clip.low && advantage < 0) || (ratio > 1 + clip.high && advantage > 0)) clipped += 1
  }
  return {
    policy_loss: policyLoss,
    clip_fraction: clipped / tokens,
    entropy: entropies / tokens,
    ...(beta === 0 ? {} : { kl_ref: kl / tokens }),
  }
}
