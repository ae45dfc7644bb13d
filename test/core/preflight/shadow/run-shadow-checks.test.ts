import { describe, expect, it } from 'vitest'
import { referenceOf } from '../../../../core/datasets/dataset-store.ts'
import { runScorerChecks } from '../../../../core/preflight/scorer/run-scorer-checks.ts'
import { seededRandom } from '../../../../core/preflight/seeded-random.ts'
import { runShadowChecks } from '../../../../core/preflight/shadow/run-shadow-checks.ts'
import { shadowKey } from '../../../../core/preflight/subject.ts'
import { ShadowReport, type ShadowRun } from '../../../../schemas/shadow-run.ts'
import { jsonl } from '../../../support/sample-project.ts'
import { type ChatBody, scored } from '../../../support/scripted-endpoints.ts'
import { addDataset } from '../../support/project.ts'
import { apiKey, scorerEndpoint, withScorers } from '../../support/scorers.ts'
import { notPassed, prepareSubject } from '../../support/subject.ts'
import { createTestPlatform } from '../../support/test-platform.ts'

const count = 60
const random = seededRandom(11)
/** What an item is worth, whether it succeeded, and what each scorer makes of it: both know the best ones. */
const items = Array.from({ length: count }, (_, index) => {
  const worth = random()
  const seen = (noise: number) => (worth > 0.8 ? worth : (0.8 * (worth + noise * random())) / (0.8 + noise))
  return { index, worth, success: worth > 0.5, old: seen(0.7), new: seen(0.2) }
})
const rows = items.map(({ index, success }) => ({
  id: `item-${index}`,
  task: index % 2 === 0 ? 'gsm8k' : 'hotpotqa',
  prompt: `question ${index}?`,
  completion: `answer ${index}.`,
  label: success,
}))

type Score = (which: 'old' | 'new', index: number, repeat: number) => number | undefined
const honest: Score = (which, index) => items[index]?.[which]

interface Options {
  score?: Score
  run?: Partial<ShadowRun>
  rows?: object[]
}

async function prepare({ score = honest, run = {}, rows: own = rows }: Options = {}) {
  const test = createTestPlatform()
  await addDataset(test, 'shadow', jsonl(own))
  const seen = new Map<string, number>()
  const platform = withScorers(test, ({ url }, body: ChatBody, nth) => {
    const which = url.includes('old') ? 'old' : 'new'
    const [, index = '0'] = /question (\d+)\?/.exec(body.messages[0]?.content ?? '') ?? []
    const repeat = seen.get(which + index) ?? 0
    seen.set(which + index, repeat + 1)
    const given = score(which, Number(index), repeat)
    return given === undefined ? { status: 400, headers: {}, body: '', ms: 1 } : scored(given, `req-${nth}`)
  })
  const shadow = { set: 'shadow', old: scorerEndpoint('old'), new: scorerEndpoint('new'), ...run }
  const recipe = { preflight: { min_free_gb: 0, shadow, scorer: { ...scorerEndpoint('judge'), n: 2 } } }
  return { platform, subject: await prepareSubject(test, { recipe }), test }
}

async function reportOf({ platform, subject }: Awaited<ReturnType<typeof prepare>>, round: 'round1' | 'round2') {
  const bytes = await platform.blobs.get(shadowKey(subject, round))
  return ShadowReport.parse(JSON.parse(new TextDecoder().decode(bytes)))
}

describe('the shadow run', () => {
  it('passes a new scorer that agrees with the old one and follows success better', async () => {
    const prepared = await prepare({ run: { tag: 'rc1' } })
    const { checks, files } = await runShadowChecks(prepared.platform, prepared.subject, 'round1')
    expect(notPassed(checks)).toEqual([])
    expect(prepared.platform.endpoints.requests).toHaveLength(count * 3 * 2)
    const report = await reportOf(prepared, 'round1')
    expect(report).toMatchObject({
      tag: 'rc1',
      scored: count,
      unstable: 0,
      n: count,
      direction_check: true,
      gate: { pass: true, missed: [] },
      calls: { total: 360, failed: 0, cache_hits: 0, prompt_tokens: 360 * 40 },
      ties_ratio: { old: 0, new: 0 },
    })
    expect(Object.keys(report.tasks).toSorted()).toEqual(['gsm8k', 'hotpotqa'])
    expect(report.tasks.gsm8k?.n).toBe(30)
    expect(report.spearman_ci?.[0]).toBeLessThan(report.spearman ?? 0)
    expect(files).toEqual({
      [shadowKey(prepared.subject, 'round1')]: expect.stringMatching(/^[0-9a-f]{64}$/),
      [report.set.reference]: report.set.digest,
    })
    expect(JSON.stringify([report, checks])).not.toContain(apiKey.slice(0, 8))
  })

  it('runs again in round 2 as pre_run_check, on the version of round 1', async () => {
    const prepared = await prepare()
    const { platform, subject, test } = prepared
    await runShadowChecks(platform, subject, 'round1')
    await addDataset(test, 'shadow', jsonl(rows.slice(0, 10)))
    await runShadowChecks(platform, subject, 'round2')
    const [first, second] = [await reportOf(prepared, 'round1'), await reportOf(prepared, 'round2')]
    expect(second).toMatchObject({ tag: 'pre_run_check', set: first.set, scored: count })
    expect(platform.endpoints.requests).toHaveLength(2 * 360)
    await runShadowChecks(platform, subject, 'round2')
    expect(platform.endpoints.requests).toHaveLength(2 * 360)
  })

  const failing: [string, Options, string[]][] = [
    [
      'always succeeds',
      { rows: rows.map((row) => ({ ...row, label: true })) },
      ['shadow_corr_improve_pct', 'shadow_direction'],
    ],
    [
      'is scored the other way round',
      { score: (which, i) => (which === 'new' ? 1 - (items[i]?.new ?? 0) : honest(which, i, 0)) },
      [
        'shadow_spearman',
        'shadow_kendall_tau',
        'shadow_top10_overlap',
        'shadow_top20_overlap',
        'shadow_corr_improve_pct',
        'shadow_direction',
      ],
    ],
    [
      'gets one score',
      { score: (which, i) => (which === 'new' ? 0.5 : honest(which, i, 0)) },
      [
        'shadow_spearman',
        'shadow_kendall_tau',
        'shadow_top10_overlap',
        'shadow_top20_overlap',
        'shadow_corr_improve_pct',
        'shadow_direction',
      ],
    ],
    ['gets the scores it had', { score: (_, i) => items[i]?.old }, ['shadow_corr_improve_pct']],
    ['is too small', { rows: rows.slice(0, 29) }, ['shadow_stable_items']],
    [
      'is not scored',
      { score: () => undefined },
      [
        'shadow_scored_share',
        'shadow_stable_items',
        'shadow_unstable_rate',
        'shadow_spearman',
        'shadow_kendall_tau',
        'shadow_top10_overlap',
        'shadow_top20_overlap',
        'shadow_corr_improve_pct',
        'shadow_direction',
      ],
    ],
    [
      'is not scored in full',
      { score: (which, i, repeat) => (i < 4 && repeat === 2 ? undefined : honest(which, i, repeat)) },
      ['shadow_scored_share'],
    ],
  ]
  it.each(failing)('does not pass a set that %s', async (_, options, expected) => {
    const prepared = await prepare(options)
    const { checks } = await runShadowChecks(prepared.platform, prepared.subject, 'round1')
    expect(notPassed(checks).map((text) => text.split(' ')[0])).toEqual(expect.arrayContaining(expected))
    expect((await reportOf(prepared, 'round1')).gate.pass).toBe(false)
  })

  it('leaves unstable items out of every gated value', async () => {
    // 0 and 0.85 in turn: the population variance of 0, 0.85, 0 is 0.16.
    const wild: Score = (which, i, repeat) =>
      i % 10 === 0 && which === 'new' ? (repeat % 2) * 0.85 : honest(which, i, repeat)
    const prepared = await prepare({ score: wild })
    const { checks } = await runShadowChecks(prepared.platform, prepared.subject, 'round1')
    const report = await reportOf(prepared, 'round1')
    expect(report).toMatchObject({ scored: count, unstable: 6, unstable_rate: 0.1, n: 54, all_items: { n: count } })
    expect(report.items.filter(({ unstable }) => unstable).map(({ id }) => id)).toEqual(
      [0, 10, 20, 30, 40, 50].map((index) => `item-${index}`),
    )
    expect(report.spearman).toBeGreaterThan(report.all_items.spearman ?? 1)
    expect(notPassed(checks)).toEqual([])
  })

  it('keeps an item whose variance is just below 0.08', async () => {
    // The population variance of -d, 0, d around a centre is 2 d^2 / 3.
    const spread =
      (d: number): Score =>
      (which, i, repeat) =>
        i === 0 && which === 'old' ? 0.5 + (repeat - 1) * d : honest(which, i, repeat)
    const below = await prepare({ score: spread(0.346) })
    await runShadowChecks(below.platform, below.subject, 'round1')
    expect((await reportOf(below, 'round1')).unstable).toBe(0)
    const above = await prepare({ score: spread(0.347) })
    await runShadowChecks(above.platform, above.subject, 'round1')
    expect((await reportOf(above, 'round1')).unstable).toBe(1)
  })

  it.each([
    ['there is none', { set: 'no-such-set' }, 'absent'],
    ['its rows are of another format', { set: 'sample-sft' }, 'sft'],
  ])('fails when %s, and calls nobody', async (_, run, value) => {
    const { platform, subject } = await prepare({ run })
    const { checks, files } = await runShadowChecks(platform, subject, 'round1')
    expect(checks).toMatchObject([{ name: 'shadow_set', status: 'fail', value }])
    expect([files, platform.endpoints.requests]).toEqual([{}, []])
  })

  it('is nothing where the recipe has none', async () => {
    const test = createTestPlatform()
    const platform = withScorers(test, () => scored(1, 'x'))
    expect(await runShadowChecks(platform, await prepareSubject(test), 'round2')).toEqual({ checks: [], files: {} })
  })

  it('counts in the gate against simulation of the probe', async () => {
    const { platform, subject } = await prepare()
    const alone = await runScorerChecks(platform, { ...subject, run: 2 }, 'round1')
    expect(alone.checks.find(({ name }) => name === 'scorer_cache_hits')?.message).toContain('of 2 answers')
    await runShadowChecks(platform, subject, 'round1')
    const { checks } = await runScorerChecks(platform, subject, 'round1')
    expect(checks.find(({ name }) => name === 'scorer_cache_hits')?.message).toContain('0 of 362 answers')
  })
})

it('names its set by a version', async () => {
  const { platform, subject, test } = await prepare()
  const version = await addDataset(test, 'pinned', jsonl(rows))
  await addDataset(test, 'pinned', jsonl(rows.slice(0, 40)))
  const { recipe } = subject
  const { shadow } = recipe.preflight
  const preflight = { ...recipe.preflight, ...(shadow && { shadow: { ...shadow, set: referenceOf(version) } }) }
  await runShadowChecks(platform, { ...subject, recipe: { ...recipe, preflight } }, 'round1')
  const bytes = await platform.blobs.get(shadowKey(subject, 'round1'))
  expect(ShadowReport.parse(JSON.parse(new TextDecoder().decode(bytes))).set.digest).toBe(version.digest)
})
