import { lax, nn, numpy as np } from '@jax-js/jax'
import { forward, type Weights } from './model.ts'
import type { ModelConfig } from './model-config.ts'

/** Per-token facts about the target tokens, each [B, T]. */
export type Scores = { logp: np.Array; entropy: np.Array; correct: np.Array }

export type SftBatch = { tokens: np.Array; weights: np.Array }
/** Rows 0..P-1 are the chosen replies of P pairs and rows P..2P-1 the rejected ones; `reference` is summed per row [2P]. */
export type DpoBatch = { tokens: np.Array; mask: np.Array; reference: np.Array; weights: np.Array }
/** `advantages` is [B, 1] and `fresh` [1]: 1 when the tokens come from the very policy that is being trained. */
export type GrpoBatch = {
  tokens: np.Array
  mask: np.Array
  weights: np.Array
  advantages: np.Array
  old: np.Array
  reference: np.Array
  fresh: np.Array
}

/** Scores of tokens 1..T of [B, T + 1] given the tokens before them, at a sampling temperature. Takes ownership. */
export function scoreTokens(config: ModelConfig, weights: Weights, tokens: np.Array, temperature = 1): Scores {
  const length = tokens.shape[1]! - 1
  const targets = nn.oneHot(tokens.ref.slice([], [1, length + 1]), config.vocab_size)
  const logits = forward(config, weights, tokens.slice([], [0, length]))
  const logps = nn.logSoftmax(temperature === 1 ? logits : logits.div(temperature), -1)
  const fixed = lax.stopGradient(logps.ref)
  const logp = logps.mul(targets).sum(-1)
  const best = fixed.ref.max(-1)
  const entropy = np.exp(fixed.ref).mul(fixed).sum(-1).neg()
  return { logp: logp.ref, entropy, correct: lax.stopGradient(logp).greaterEqual(best).astype(np.float32) }
}

/** Minus the weighted sum of log-probabilities: a mean cross-entropy when the weights sum to 1. */
export function sftLoss(scores: Scores, batch: Omit<SftBatch, 'tokens'>): np.Array {
  return scores.logp.ref.mul(batch.weights).sum().neg()
}

/** Sigmoid DPO (Rafailov et al.) with label smoothing (conservative DPO), weighted per pair. */
export function dpoLoss(scores: Scores, batch: Omit<DpoBatch, 'tokens'>, beta: number, smoothing: number): np.Array {
  const rows = batch.mask.shape[0]!
  const gains = scores.logp.ref.mul(batch.mask).sum(-1).sub(batch.reference)
  const margin = gains.ref
    .slice([0, rows / 2])
    .sub(gains.slice([rows / 2, rows]))
    .mul(beta)
  const win = nn.logSigmoid(margin.ref).mul(1 - smoothing)
  return win.add(nn.logSigmoid(margin.neg()).mul(smoothing)).mul(batch.weights).sum().neg()
}

/** Clipped policy-ratio loss plus `beta` times the k3 estimate of KL(policy, reference), weighted per token. */
export function grpoLoss(
  scores: Scores,
  batch: Omit<GrpoBatch, 'tokens'>,
  { beta, low, high }: { beta: number; low: number; high: number },
): np.Array {
  const { logp } = scores
  const fresh = batch.fresh
  const current = lax.stopGradient(logp.ref).mul(fresh.ref)
  const old = current.add(batch.old.mul(fresh.mul(-1).add(1)))
  const ratio = np.exp(logp.ref.sub(old).mul(batch.mask.ref))
  const clipped = np.clip(ratio.ref, 1 - low, 1 + high)
  const policy = np.minimum(ratio.mul(batch.advantages.ref), clipped.mul(batch.advantages)).neg()
  if (beta === 0) {
    batch.reference.dispose()
    batch.mask.dispose()
    return policy.mul(batch.weights).sum()
  }
  const drift = batch.reference.sub(logp.ref).mul(batch.mask)
  const k3 = np.exp(drift.ref).sub(drift).sub(1)
  return policy.add(k3.mul(beta)).mul(batch.weights).sum()
}
