import type { Check } from '../../../schemas/preflight.ts'
import { type ScorerProbe, type ScorerReceipt, ScorerReceipts } from '../../../schemas/scorer-probe.ts'
import { ShadowReport } from '../../../schemas/shadow-run.ts'
import { parseStored } from '../../platform/parse.ts'
import type { Platform } from '../../platform/ports.ts'
import { judge } from '../check.ts'
import { keptResult } from '../kept-result.ts'
import { type PreflightSubject, type Round, scorerReceiptsKey, shadowKey } from '../subject.ts'
import { type CallCounts, callProblems, countCalls } from './call-ledger.ts'
import { probeScorer } from './probe-scorer.ts'

type Needs = Pick<Platform, 'blobs' | 'clock' | 'ids' | 'endpoints' | 'secrets'>

const freshMs = 3_600_000

/**
 * Probes the scorer of the recipe, live, and counts the cache hits of every scorer call since this preflight began: run it after the
 * shadow run of its round. Nothing without `preflight.scorer`.
 */
export async function runScorerChecks(
  platform: Needs,
  subject: PreflightSubject,
  round: Round,
): Promise<{ checks: Check[]; files: Record<string, string> }> {
  const config = subject.recipe.preflight.scorer
  if (!config) return { checks: [], files: {} }
  const earlier = round === 'round1' ? [] : await receiptsOfRound1(platform, subject)
  const key = scorerReceiptsKey(subject, round)
  let problem: string | undefined
  const { value, sha256 } = await keptResult(platform, key, ScorerReceipts, async () => {
    const probe = await probeScorer(platform, config, earlier)
    problem = probe.problem
    const { provider, base_url, model } = config
    return { definition: 'sluice.scorer-receipts/1' as const, round, provider, base_url, model, calls: probe.calls }
  })
  const counts = added([countCalls([...earlier, ...value.calls]), ...(await countsOfShadow(platform, subject))])
  const limit = round === 'round1' ? config.max_cache_hit_round1 : config.max_cache_hit_round2
  const name = `${config.provider}/${config.model}`
  const checks = [
    checkProbe(name, config, value.calls, problem),
    checkScores(name, value.calls),
    checkCacheHits(name, counts, limit),
    checkRecent(name, counts, platform.clock.now()),
  ]
  return { checks, files: { [key]: sha256 } }
}

async function receiptsOfRound1({ blobs }: Needs, subject: PreflightSubject): Promise<ScorerReceipt[]> {
  const key = scorerReceiptsKey(subject, 'round1')
  const bytes = await blobs.get(key)
  return bytes ? parseStored(ScorerReceipts, bytes, key).calls : []
}

async function countsOfShadow({ blobs }: Needs, subject: PreflightSubject): Promise<CallCounts[]> {
  const keys = (['round1', 'round2'] as const).map((round) => shadowKey(subject, round))
  const stored = await Promise.all(keys.map((key) => blobs.get(key)))
  return stored.flatMap((bytes, index) => {
    if (!bytes) return []
    const { total, failed, cache_hits, last_real_at } = parseStored(ShadowReport, bytes, keys[index] ?? '').calls
    return { total, failed, hits: cache_hits, misses: total - failed - cache_hits, lastRealAt: last_real_at }
  })
}

function added(counts: CallCounts[]): CallCounts {
  const sum = (field: 'total' | 'failed' | 'hits' | 'misses') => counts.reduce((all, each) => all + each[field], 0)
  const lastRealAt =
    counts
      .flatMap((each) => each.lastRealAt ?? [])
      .toSorted()
      .at(-1) ?? null
  return { total: sum('total'), failed: sum('failed'), hits: sum('hits'), misses: sum('misses'), lastRealAt }
}

function checkProbe(name: string, { n, api_key_secret }: ScorerProbe, calls: ScorerReceipt[], problem?: string): Check {
  const found = calls.map((call, index) => [...callProblems(call), ...repeatedId(call, calls.slice(0, index))])
  const problems = found.flatMap((each, index) => each.map((problem) => `call ${index + 1}: ${problem}`))
  const good = found.filter((each) => each.length === 0).length
  return judge(good === n && calls.length === n, {
    name: 'scorer_probe',
    subject: name,
    value: good,
    threshold: `${n} live calls, each with latency, request id, billed tokens and a score`,
    message: problem ?? `${good} of ${n} calls were answered, billed and scored`,
    remedy: `Mend what the calls say: the address, the model, secret ${api_key_secret}, or the account's limits.`,
    evidence: problem ? [problem] : problems,
  })
}

function repeatedId({ request_id }: ScorerReceipt, before: readonly ScorerReceipt[]): string[] {
  const at = request_id === null ? -1 : before.findIndex((call) => call.request_id === request_id)
  return at < 0 ? [] : [`request id ${request_id} is that of call ${at + 1}`]
}

function checkScores(name: string, calls: readonly ScorerReceipt[]): Check {
  const scores = calls.flatMap(({ score }) => (score !== null && Number.isFinite(score) ? score : []))
  const distinct = new Set(scores).size
  return judge(distinct > 1 && scores.length === calls.length, {
    name: 'scorer_scores',
    subject: name,
    value: distinct,
    threshold: '> 1 distinct score, every one finite',
    message: `${scores.length} scores, ${distinct} distinct, for answers of which every other one is wrong`,
    remedy: 'A scorer that gives every answer the same score cannot reward: look at its model and prompt.',
    evidence: scores.map(String),
  })
}

function checkCacheHits(name: string, { hits, misses }: CallCounts, limit: number): Check {
  const rate = hits / (hits + misses)
  return judge(rate < limit, {
    name: 'scorer_cache_hits',
    subject: name,
    value: Number.isNaN(rate) ? null : rate,
    threshold: `< ${limit} of the calls since this preflight began`,
    message: hits + misses === 0 ? 'no call was answered' : `${hits} of ${hits + misses} answers came from a cache`,
    remedy: 'Turn off the cache before the scorer: a reward from a cache is a simulation.',
  })
}

function checkRecent(name: string, { lastRealAt }: CallCounts, now: Date): Check {
  const ageMs = lastRealAt === null ? Number.NaN : now.getTime() - Date.parse(lastRealAt)
  return judge(ageMs < freshMs, {
    name: 'scorer_recent_call',
    subject: name,
    value: lastRealAt,
    threshold: 'a billed call that came from no cache within the last hour',
    message:
      lastRealAt === null ? 'there was no such call at all' : `the last one was ${Math.round(ageMs / 1000)} s ago`,
    remedy: 'Run preflight again with a scorer that really answers: resume the job.',
  })
}
