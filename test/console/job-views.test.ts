import { describe, expect, it } from 'vitest'
import { readEvents } from '../../console/src/api/event-stream.ts'
import { configRows } from '../../console/src/compare/config-difference.ts'
import { bestOf, finalOf } from '../../console/src/compare/final-values.ts'
import { attemptRows } from '../../console/src/job/attempt-rows.ts'
import { bySeverity } from '../../console/src/job/by-severity.ts'
import { filterJobs } from '../../console/src/job/filter-jobs.ts'
import { pipelineOf } from '../../console/src/job/pipeline.ts'
import { secondsLeft } from '../../console/src/job/remaining.ts'
import { specLines } from '../../console/src/job/spec-lines.ts'
import { toBucketed } from '../../console/src/series/bucketed.ts'
import { axisNumber, dollars, duration, measure } from '../../console/src/state/format.ts'
import { stubAnomalies, stubJob } from './support/stub-job.ts'
import { stubBranch } from './support/stub-metrics.ts'
import { runningCurve, stubJobs } from './support/stub-project.ts'

describe('the pipeline of a job', () => {
  const states = (change: object) =>
    pipelineOf(stubJob(change))
      .map(({ key, state }) => `${key} ${state}`)
      .join(', ')

  it('shows where it is', () => {
    expect(states({})).toBe(
      'preflight done, stage 0 done, stage 1 active, evaluate waiting, gate waiting, register waiting',
    )
    expect(states({ status: 'validating', stages: [] })).toContain('preflight active')
    expect(states({ status: 'succeeded' })).not.toMatch(/active|waiting|stopped/)
  })

  it('shows where it stopped, and what was not reached', () => {
    const reason = { code: 'diverged', message: 'kl_ref is NaN', stage: 1 }
    expect(states({ status: 'failed', reason })).toContain('stage 1 stopped, evaluate skipped')
    const gate = { verdict: 'fail', rules: [] }
    expect(states({ status: 'refused', gate })).toContain('evaluate done, gate stopped, register skipped')
    const untouched = stubJob().stages.map((stage) => ({ ...stage, status: 'pending', step: 0, attempts: [] }))
    expect(states({ status: 'refused', stages: untouched })).toMatch(/^preflight stopped, stage 0 skipped/)
  })

  it('of an evaluation has no stages, of a preflight nothing behind it', () => {
    expect(states({ kind: 'evaluation', status: 'evaluating', stages: [] })).toBe(
      'preflight done, evaluate active, gate waiting',
    )
    expect(states({ kind: 'preflight', status: 'succeeded', stages: [] })).toBe('preflight done')
  })
})

it('the time left is that of the steps that are left, by the newest step or the pace so far', () => {
  const job = stubJob()
  expect(secondsLeft(job, 0)).toBeCloseTo(760 * 2.4)
  const unmeasured = stubJob({ stages: job.stages.map((stage) => ({ ...stage, latest: {} })) })
  const started = Date.parse(job.stages[1]?.attempts[1]?.started_at ?? '')
  expect(secondsLeft(unmeasured, started + 640_000)).toBeCloseTo(760)
  expect(secondsLeft(stubJob({ status: 'evaluating' }), 0)).toBeUndefined()
})

it('findings come the worst first', () => {
  expect(bySeverity(stubAnomalies).map(({ severity }) => severity)).toEqual(['critical', 'medium'])
})

it('jobs are filtered by group and by every word that was typed', () => {
  const ids = (group: string, text = '') => filterJobs(stubJobs(), group, text).map(({ id }) => Number(id.slice(-2)))
  expect(ids('all')).toEqual([1, 2, 3, 4, 5])
  expect(ids('under way')).toEqual([1, 5])
  expect(ids('all', 'SFT nan')).toEqual([3])
  expect(ids('failed', 'grpo')).toEqual([])
})

it('attempts are joined with what they logged, also where only one of both is known', () => {
  const rows = attemptRows(stubJob(), [stubBranch(runningCurve, 1), stubBranch(runningCurve, 3)])
  expect(rows.map(({ stage, number, attempt, branch }) => [stage, number, !!attempt, !!branch])).toEqual([
    [0, 1, true, false],
    [1, 1, true, true],
    [1, 2, true, false],
    [1, 3, false, true],
  ])
  expect(rows[1]?.resumedAt).toBe(600)
})

describe('a recipe', () => {
  const spec = { name: 'a', stages: [{ steps: 4, lora: { r: 8 } }], gate: [], tags: ['x', 'y'], empty: {} }
  it('reads as indented lines with the paths that advice names', () => {
    expect(specLines(spec).map(({ depth, path, value }) => `${depth} ${path} ${value}`)).toEqual([
      '0 name a',
      '0 stages ',
      '1 stages[0] ',
      '2 stages[0].steps 4',
      '2 stages[0].lora ',
      '3 stages[0].lora.r 8',
      '0 gate []',
      '0 tags [x, y]',
      '0 empty {}',
    ])
  })
  it('differs from another by path, also where a key is missing', () => {
    const other = { ...spec, stages: [{ steps: 5, lora: { r: 8 }, seed: 1 }] }
    expect(configRows([spec, other]).filter(({ differs }) => differs)).toEqual([
      { path: 'stages[0].steps', values: ['4', '5'], differs: true },
      { path: 'stages[0].seed', values: [undefined, '1'], differs: true },
    ])
  })
})

it('best is the least loss and the greatest reward; of a KL neither', () => {
  const points: [number, number | 'NaN'][] = [
    [1, 3],
    [2, 1],
    [3, 2],
    [4, 'NaN'],
  ]
  const series = toBucketed({ stage: 0, name: '', unit: '', points })
  expect([finalOf(series), bestOf('total_loss', series), bestOf('reward_mean', series)]).toEqual([2, 1, 3])
  expect(bestOf('kl_ref', series)).toBeUndefined()
})

it('numbers, times and money', () => {
  expect([0.1 + 0.2, 1e-7, 123456789, -2.5, Number.NaN].map((each) => measure(each))).toEqual([
    '0.3',
    '1e−7',
    '123456800',
    '−2.5',
    'NaN',
  ])
  expect([0, 0.0005, 12_000, 0.25].map((each) => axisNumber(each))).toEqual(['0', '5e-4', '12K', '0.25'])
  expect([61.41, 61.42].map((each) => axisNumber(each, 61.41, 61.44))).toEqual(['61.41', '61.42'])
  expect([4.25, 200, 3600, 7500, 90_000 * 3].map(duration)).toEqual([
    '4.3 s',
    '3 min 20 s',
    '1 h',
    '2 h 05 min',
    '3 d 3 h',
  ])
  expect([null, 0, 0.0042, 12.345].map((each) => dollars(each))).toEqual(['not known', '$0.00', '$0.0042', '$12.35'])
})

describe('server-sent events', () => {
  const read = async (...pieces: string[]) => {
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(encoder.encode(piece))
        controller.close()
      },
    })
    return Array.fromAsync(readEvents(body))
  }
  it('are read across any cut, and comments and half events are passed over', async () => {
    const text =
      ': quiet\n\nretry: 1000\n\nevent: metrics\nid: 7\ndata: {"a":"é"}\n\nevent: end\nid: 8\ndata: {}\n\nevent: cut\ndata: {'
    const whole = [
      { event: 'metrics', id: '7', data: { a: 'é' } },
      { event: 'end', id: '8', data: {} },
    ]
    expect(await read(text)).toEqual(whole)
    for (let cut = 1; cut < text.length; cut += 5)
      expect(await read(text.slice(0, cut), text.slice(cut))).toEqual(whole)
    expect(await read(text.replaceAll('\n', '\r\n'))).toEqual(whole)
  })
})
