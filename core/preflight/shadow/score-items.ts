import type { ScorerReceipt } from '../../../schemas/scorer-probe.ts'
import type { ShadowReport, ShadowRun } from '../../../schemas/shadow-run.ts'
import type { Platform } from '../../platform/ports.ts'
import { inLanes } from '../in-lanes.ts'
import { askScorer } from '../scorer/ask-scorer.ts'
import { callProblems, countCalls, markRepeats } from '../scorer/call-ledger.ts'
import { scorerKey } from '../scorer/scorer-key.ts'

/** An item of the shadow set. */
export interface ShadowRow {
  id: string
  task: string
  success: boolean
  prompt: string
  completion: string
}

export interface ScoredRow extends ShadowRow {
  /** Fewer than the repeats when calls failed. */
  old: number[]
  new: number[]
}

/** Each lane asks the old and the new scorer at the same time. */
const lanes = 8
const maxErrors = 20

/** Every row by both scorers, `repeats` times each, every call with a nonce of its own. No score where a call failed. */
export async function scoreItems(
  platform: Pick<Platform, 'endpoints' | 'secrets' | 'clock' | 'ids'>,
  run: ShadowRun,
  rows: readonly ShadowRow[],
): Promise<{ rows: ScoredRow[]; calls: ShadowReport['calls']; errors: string[] }> {
  const keys = await Promise.all([run.old, run.new].map((each) => scorerKey(platform.secrets, each.api_key_secret)))
  const problems = keys.flatMap((each) => ('problem' in each ? each.problem : []))
  const [old, now] = keys.map((each) => ('key' in each ? each.key : ''))
  const tasks = problems.length > 0 ? [] : rows.flatMap((row) => new Array<ShadowRow>(run.repeats).fill(row))
  const answers = await inLanes(tasks, lanes, (row) =>
    Promise.all([askScorer(platform, run.old, old ?? '', row), askScorer(platform, run.new, now ?? '', row)]),
  )
  const calls = { old: markRepeats(answers.map(([call]) => call)), new: markRepeats(answers.map(([, call]) => call)) }
  const scoresOf = (which: 'old' | 'new', index: number) =>
    calls[which].slice(index * run.repeats, (index + 1) * run.repeats).flatMap(({ score }) => score ?? [])
  const all = [...calls.old, ...calls.new]
  return {
    rows: rows.map((row, index) => ({ ...row, old: scoresOf('old', index), new: scoresOf('new', index) })),
    calls: callsOf(all),
    errors: [...new Set([...problems, ...all.flatMap(callProblems)])].slice(0, maxErrors),
  }
}

function callsOf(calls: readonly ScorerReceipt[]): ShadowReport['calls'] {
  const { total, failed, hits, lastRealAt } = countCalls(calls)
  const sum = (field: 'prompt_tokens' | 'completion_tokens') =>
    calls.reduce((tokens, call) => tokens + Math.max(0, call[field] ?? 0), 0)
  return {
    total,
    failed,
    cache_hits: hits,
    last_real_at: lastRealAt,
    prompt_tokens: sum('prompt_tokens'),
    completion_tokens: sum('completion_tokens'),
  }
}
