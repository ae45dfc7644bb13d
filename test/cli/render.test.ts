import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPaint } from '../../cli/text/paint.ts'
import { width } from '../../cli/text/width.ts'
import { render } from '../../cli/watch/render.ts'
import type { JobView } from '../../schemas/job.ts'
import {
  at,
  attempt,
  event,
  failed,
  job,
  jobId,
  refused,
  stage,
  succeeded,
  trained,
  untilTraining,
  view,
} from './job-samples.ts'

const running = view(
  {
    status: 'running',
    stages: [
      stage({
        status: 'running',
        step: 52,
        attempts: [attempt()],
        latest: { total_loss: 1.23456, mean_token_accuracy: 0.61, epoch: 1 },
      }),
      stage({ index: 1, algorithm: 'grpo', planned_steps: 40 }),
    ],
  },
  { paces: new Map([[0, { stepsPerSecond: 3.2, idleMs: 500 }]]) },
)

describe('the live view', () => {
  it('shows a running stage with bar, steps, attempt, speed, time to go and its metrics', () => {
    expect(render(running, at(18.2), 130)).toEqual([
      `${jobId}  running  arithmetic@3 (smoke)  18s`,
      '✓ preflight  passed  1.5s',
      '⠹ 0 sft      ██████████░░░░░░░░░░  52/100  52 %  attempt 1  3.2 steps/s  ETA 15s  total_loss 1.235  mean_token_accuracy 0.61  16s',
      '· 1 grpo',
      '· evaluate',
      '· gate',
      '· register',
    ])
  })

  it('gives metrics a line of their own where they do not fit, and then drops speed, bar and elapsed in this order', () => {
    expect(render(running, at(18.2), 90).slice(2, 4)).toEqual([
      '⠹ 0 sft      ██████████░░░░░░░░░░  52/100  52 %  attempt 1  3.2 steps/s  ETA 15s  16s',
      '             total_loss 1.235  mean_token_accuracy 0.61',
    ])
    expect(render(running, at(18.2), 80)[2]).toBe(
      '⠹ 0 sft      ██████████░░░░░░░░░░  52/100  52 %  attempt 1  ETA 15s  16s',
    )
    expect(render(running, at(18.2), 60)[2]).toBe('⠹ 0 sft      52/100  52 %  attempt 1  ETA 15s  16s')
    expect(render(running, at(18.2), 46)[2]).toBe('⠹ 0 sft      52/100  52 %  attempt 1  ETA 15s')
    expect(render(running, at(18.2), 20)[2]).toBe('⠹ 0 sft      52/100')
  })

  it('names the second attempt and the checkpoint it goes on from, and counts the time of both attempts only', () => {
    const retried = stage({
      status: 'running',
      step: 45,
      attempts: [
        attempt({ status: 'failed', exit_code: 137, ended_at: at(12).toISOString(), reason: 'killed' }),
        attempt({ number: 2, resumed_from_step: 40, started_at: at(20).toISOString() }),
      ],
    })
    const [, , line] = render(view({ status: 'running', stages: [retried] }), at(25), 100)
    expect(line).toBe('⠋ 0 sft      █████████░░░░░░░░░░░  45/100  45 %  attempt 2 from step 40  15s')
  })

  it('says why the next attempt is not there yet', () => {
    const between = stage({
      status: 'running',
      step: 40,
      attempts: [
        attempt({ status: 'preempted', reason: 'pre-empted after a checkpoint', ended_at: at(9).toISOString() }),
      ],
    })
    expect(render(view({ status: 'running', stages: [between] }), at(10), 120)[2]).toContain(
      '40/100  40 %  attempt 1  next attempt comes up: pre-empted after a checkpoint',
    )
  })

  it('says when no new step came for half a minute in place of a speed', () => {
    const stalled = { ...running, paces: new Map([[0, { stepsPerSecond: 3.2, idleMs: 45_000 }]]) }
    const line = render(stalled, at(60), 130)[2]
    expect(line).toContain('no new step for 45s')
    expect(line).not.toMatch(/steps\/s|ETA/)
  })

  it('waits for a place to run', () => {
    const lines = render(view({ status: 'queued' }), at(3), 80)
    expect(lines.slice(1, 3)).toEqual(['✓ preflight  passed  1.5s', '· 0 sft      waiting for a place to run'])
  })

  it('shows preflight and evaluation under way', () => {
    expect(render(view({ status: 'validating' }, { events: untilTraining.slice(0, 2) }), at(0.7), 80)[1]).toBe(
      '⠧ preflight  checking data and configuration  0.7s',
    )
    const events = [
      ...untilTraining,
      event('evaluation_planned', 62, 'evaluating', 'evaluating base and tuned model on probe (200 items)'),
    ]
    const lines = render(view({ status: 'evaluating', stages: trained }, { events }), at(70), 80)
    expect(lines.slice(2, 5)).toEqual([
      '✓ 0 sft      100/100  100 %  attempt 1  total_loss 0.25  30s',
      '✓ 1 grpo     40/40  100 %  attempt 1  reward_mean 1.75  30s',
      '⠋ evaluate   evaluating base and tuned model on probe (200 items)  8.0s',
    ])
  })
})

describe('the end', () => {
  it('of a job that succeeded: scores, difference, gate and model', () => {
    const events = [
      ...untilTraining,
      event('evaluation_planned', 62, 'evaluating'),
      event('evaluations_compared', 79, 'gating'),
    ]
    expect(render({ job: succeeded(), events, paces: new Map() }, at(500), 100)).toEqual([
      `${jobId}  succeeded  arithmetic@3 (smoke)  1m 20s`,
      '✓ preflight  passed  1.5s',
      '✓ 0 sft      100/100  100 %  attempt 1  total_loss 0.25  30s',
      '✓ 1 grpo     40/40  100 %  attempt 1  reward_mean 1.75  30s',
      '✓ evaluate   base 6.0 %, tuned 65.0 %  17s',
      '✓ gate       pass: 1 of 1 rule met',
      '✓ register   arithmetic@4, alias staging',
      '',
      '✓ succeeded in 1m 20s',
      '  suite probe, 200 items, paired',
      '  base   12 of 200 right    6.0 %',
      '  tuned 130 of 200 right   65.0 %',
      '        +59.0 points [+52.1, +65.9], p 1.2e-30: better',
      '  gate  pass',
      '    ✓ improvement: difference 59.0 %; needs: better at p < 0.05',
      '  model arithmetic@4, alias staging',
    ])
  })

  it('says why an alias was left where it is', () => {
    const { alias: _, ...model } = succeeded().model as { name: string; version: number; alias: string }
    const message = 'registered arithmetic version 4, alias "production" left where it is: comes from a smoke job'
    const events = [...untilTraining, event('model_registered', 80, 'succeeded', message)]
    const lines = render({ job: { ...succeeded(), model }, events, paces: new Map() }, at(90), 200)
    expect(lines.slice(-2)).toEqual(['  model arithmetic@4', `        ${message}`])
  })

  it('of a job that the gate refused: every rule, and where to look', () => {
    const lines = render({ job: refused(), events: untilTraining, paces: new Map() }, at(90), 100)
    expect(lines.slice(5, 7)).toEqual(['✗ gate       fail: 1 of 2 rules met', '– register'])
    expect(lines.slice(8)).toEqual([
      '✗ refused after 1m 20s: the gate refused the model: fail',
      '  reason gate_fail',
      '  suite probe, 200 items, paired',
      '  base   12 of 200 right    6.0 %',
      '  tuned 130 of 200 right   65.0 %',
      '        +59.0 points [+52.1, +65.9], p 1.2e-30: better',
      '  gate  fail',
      '    ✓ improvement: difference 59.0 %; needs: better at p < 0.05',
      '    ✗ min_accuracy: accuracy 65.0 %; needs: at least 90.0 %',
      '  next:',
      "    sluice evaluations responses ev-tuned         the tuned model's answers",
      `    sluice jobs metrics ${jobId}  how the training went`,
    ])
  })

  it('of a job that preflight refused: the evidence, digests shortened', () => {
    const evidence = [`round1 eval_leak (train@${'ab'.repeat(32)}): 3 rows leak; limit 0. Remove them.`]
    const reason = { code: 'preflight_failed', message: 'preflight refused the job: 1 check failed', evidence }
    const ended: Partial<JobView> = { status: 'refused', reason, finished_at: at(1).toISOString() }
    const lines = render(view(ended, { events: untilTraining.slice(0, 2) }), at(5), 100)
    expect(lines.slice(1, 4)).toEqual(['✗ preflight  1 check failed  1.0s', '– 0 sft', '– 1 grpo'])
    expect(lines).toContain('    round1 eval_leak (train@abababababab): 3 rows leak; limit 0. Remove them.')
    expect(lines.at(-2)).toBe(`    sluice jobs preflight ${jobId}  every check with its evidence and remedy`)
  })

  it('of a job that failed: reason, evidence, and how to go on', () => {
    const lines = render({ job: failed(), events: untilTraining, paces: new Map() }, at(90), 100)
    expect(lines.slice(2, 4)).toEqual(['✗ 0 sft      52/100  52 %  attempt 1  total_loss NaN  18s', '– 1 grpo'])
    expect(lines.slice(8)).toEqual([
      '✗ failed after 21s: stage 0 (sft) attempt 1: the training diverged',
      `    jobs/${jobId}/failure-pack.tar.gz`,
      '  reason TrainingFailed',
      '  next:',
      `    sluice jobs logs ${jobId} --stage 0  the trainer's last lines`,
      `    sluice jobs failure-pack ${jobId}    logs, specs and metrics in one file`,
      `    sluice jobs resume ${jobId}          go on from the latest checkpoint`,
      `    sluice jobs clone ${jobId}           start over with the same recipe and data`,
    ])
  })

  it('of a job cancelled before anything trained offers no resume', () => {
    const ended: Partial<JobView> = {
      status: 'cancelled',
      reason: { code: 'cancelled', message: 'wrong data', evidence: [] },
      finished_at: at(4).toISOString(),
    }
    const lines = render(view(ended, { events: untilTraining.slice(0, 2) }), at(90), 100)
    expect(lines[1]).toBe('■ preflight  4.0s')
    expect(lines.join('\n')).toContain('■ cancelled after 4.0s: wrong data')
    expect(lines.join('\n')).not.toContain('jobs resume')
    expect(lines.at(-1)).toContain(`sluice jobs clone ${jobId}`)
  })

  it('of a run that was resumed shows the preflight of that run, not of the first', () => {
    const events = [
      ...untilTraining,
      event('resumed', 100, 'submitted', 'resumed as run 2', 2),
      event('preflight_started', 101, 'validating', '', 2),
    ]
    const stages = [stage({ step: 40, attempts: [attempt({ status: 'failed', ended_at: at(12).toISOString() })] })]
    const lines = render(view({ status: 'validating', run: 2, stages }, { events }), at(104), 100)
    expect(lines[0]).toContain('run 2')
    expect(lines.slice(1, 3)).toEqual([
      '⠋ preflight  checking data and configuration  3.0s',
      '· 0 sft      will go on after attempt 1  10s',
    ])
  })
})

describe('colour', () => {
  it('changes no text, is absent without a terminal and with NO_COLOR', () => {
    const painted = render(
      { job: refused(), events: [], paces: new Map() },
      at(90),
      80,
      createPaint({ isTTY: true, env: {} }),
    )
    const bare = render({ job: refused(), events: [], paces: new Map() }, at(90), 80)
    expect(painted.join('\n')).toContain('\u001b[33m')
    expect(painted.map((line) => stripVTControlCharacters(line))).toEqual(bare)
    for (const io of [
      { isTTY: false, env: {} },
      { isTTY: true, env: { NO_COLOR: '1' } },
      { isTTY: true, env: { TERM: 'dumb' } },
    ])
      expect(render({ job: refused(), events: [], paces: new Map() }, at(90), 80, createPaint(io))).toEqual(bare)
  })
})

it('no line of the live part is wider than the terminal, whatever the job', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((each) => each.replaceAll(/\s/g, '_'))
  const anyStage = fc.record({
    status: fc.constantFrom('pending', 'running', 'succeeded', 'failed'),
    step: fc.nat(1e7),
    planned_steps: fc.integer({ min: 1, max: 1e7 }),
    algorithm: fc.constantFrom('sft', 'grpo', 'dpo'),
    attempts: fc.array(
      fc
        .record({
          status: fc.constantFrom('prepared', 'failed', 'preempted'),
          resumed_from_step: fc.nat(1e7),
          reason: text,
        })
        .map((each) => attempt(each as never)),
      { maxLength: 3 },
    ),
    latest: fc.dictionary(
      fc.constantFrom('total_loss', 'reward_mean', 'kl_ref', 'rewards/margins'),
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant('NaN')),
    ),
  })
  const status = fc.constantFrom('submitted', 'validating', 'queued', 'running', 'evaluating', 'gating')
  fc.assert(
    fc.property(
      fc.array(anyStage, { minLength: 1, maxLength: 8 }),
      status,
      fc.integer({ min: 20, max: 200 }),
      text,
      (stages, now, columns, notice) => {
        const shown = job({
          status: now as never,
          stages: stages.map((each, index) => stage({ ...each, index } as never)),
        })
        const paces = new Map([[0, { stepsPerSecond: 1234.5, idleMs: 0 }]])
        for (const line of render({ job: shown, events: untilTraining, paces, notice }, at(100), columns))
          expect(width(line)).toBeLessThanOrEqual(columns)
      },
    ),
    { numRuns: 300 },
  )
})
