import type { ScorerProbe, ScorerReceipt } from '../../../schemas/scorer-probe.ts'
import type { Platform } from '../../platform/ports.ts'
import { inLanes } from '../in-lanes.ts'
import { askScorer } from './ask-scorer.ts'
import { markRepeats } from './call-ledger.ts'
import { probeItems } from './prompt.ts'
import { scorerKey } from './scorer-key.ts'

const lanes = 4

/** `n` live calls, each with a nonce of its own; `earlier` calls of this preflight show which answers are repeats. */
export async function probeScorer(
  platform: Pick<Platform, 'endpoints' | 'secrets' | 'clock' | 'ids'>,
  config: ScorerProbe,
  earlier: readonly ScorerReceipt[] = [],
): Promise<{ calls: ScorerReceipt[]; problem?: string }> {
  const found = await scorerKey(platform.secrets, config.api_key_secret)
  if ('problem' in found) return { calls: [], problem: found.problem }
  const calls = await inLanes(probeItems(config.n), lanes, (item) => askScorer(platform, config, found.key, item))
  return { calls: markRepeats(calls, earlier) }
}
