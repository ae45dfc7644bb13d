import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { BacktestReport, BacktestResult } from '../../schemas/diagnostics.ts'
import { tempDir } from '../support/temp-dir.ts'
import { backtested, healthy } from './finding-samples.ts'
import { attempt, job, jobId, stage } from './job-samples.ts'
import { problem, type Reply, startStub } from './stub-server.ts'
import { sluice } from './test-io.ts'

const id = (i: number) => `job-${String(i).padStart(20, '0')}`

function report(...results: BacktestResult[]): BacktestReport {
  const of = (outcome: BacktestResult['outcome']) => results.filter((each) => each.outcome === outcome)
  const seconds = (some: BacktestResult[]) => some.reduce((sum, each) => sum + each.seconds_saved, 0)
  const counts = { saved: of('saved').length, killed: of('killed').length, untouched: of('untouched').length }
  return {
    results,
    totals: {
      ...counts,
      missed: of('missed').length,
      open: of('open').length,
      seconds_saved: seconds(of('saved')),
      seconds_killed: seconds(of('killed')),
    },
    rules_version: 1,
  }
}

async function backtest(answer: Reply, ...words: string[]) {
  const stub = await startStub(() => answer)
  return { ...(await sluice([...stub.options, 'policies', 'backtest', ...words])), received: stub.received }
}
const asked = (received: { body: string }[]) => JSON.parse(received.at(-1)?.body ?? '')

it('says of each job what the policy would have done, and what it comes to', async () => {
  const quiet = { would_stop: null, seconds_saved: 0, usd_saved: 0, health: healthy }
  const body = report(
    backtested(),
    backtested({ job: id(2), status: 'succeeded', outcome: 'killed', seconds_saved: 90, usd_saved: 0.5 }),
    backtested({ job: id(3), status: 'succeeded', outcome: 'untouched', ...quiet }),
    backtested({ job: id(4), outcome: 'missed', ...quiet }),
    backtested({ job: id(5), status: 'running', outcome: 'open', ...quiet }),
    backtested({ job: id(6), outcome: 'open', ...quiet }),
  )
  const { code, out } = await backtest({ body }, '--jobs', jobId)
  expect(code).toBe(0)
  const stop = 'stage 0 attempt 1 step 45: kl_explosion: kl_ref 5 nats is above 2 nats around step 41.'
  expect(out.split('\n')).toEqual([
    'JOB                       REALLY     POLICY     TRAINING    USD  HEALTH  WOULD HAVE STOPPED',
    `${jobId}  failed     saved        2h 00m  $5.00      35  ${stop}`,
    `${id(2)}  succeeded  killed       1m 30s  $0.50      35  ${stop}`,
    `${id(3)}  succeeded  untouched         -      -     100  -`,
    `${id(4)}  failed     missed            -      -     100  -`,
    `${id(5)}  running    open              -      -     100  -`,
    `${id(6)}  failed     open              -      -     100  -`,
    '',
    'stops 1 of 2 jobs that did not succeed: 2h 00m of training saved ($5.00)',
    'stops 1 of 2 jobs that succeeded: 1m 30s of training killed ($0.50)',
    '1 job still running: not counted',
    '1 job that diagnostics ended: how it would have gone on is not known, not counted',
    '',
  ])
})

it('says that a policy that only observes stops nothing', async () => {
  const words = ['--jobs', jobId, '--set']
  expect((await backtest({ body: report() }, ...words, 'mode=observe')).err).toContain('add --set mode=enforce')
  expect((await backtest({ body: report() }, ...words, 'mode=enforce')).err).toBe('')
})

it('names no money where no price is known', async () => {
  const { out } = await backtest({ body: report(backtested({ usd_saved: null })) }, '--jobs', jobId)
  expect(out).toContain('2h 00m of training saved\n')
  expect(out).not.toContain('$')
})

describe('the policy', () => {
  const file = (text: string) => {
    const path = join(tempDir(), 'policy.yaml')
    writeFileSync(path, text)
    return path
  }
  const policy = async (...words: string[]) =>
    asked((await backtest({ body: report() }, '--jobs', `${id(1)}, ${id(2)}`, ...words)).received)

  it('is all defaults unless told', async () => {
    expect(await policy()).toEqual({ jobs: [id(1), id(2)], diagnostics: {} })
  })

  it('is read from a file of rules, or from a recipe', async () => {
    const rules = 'kl_explosion:\n  threshold: 0.5\n'
    const { diagnostics } = await policy('--policy', file(rules))
    expect(diagnostics).toEqual({ kl_explosion: { threshold: 0.5 } })
    const recipe = `name: r\nstages: []\ndiagnostics:\n  ${rules.replace('\n ', '\n   ')}`
    expect((await policy('--policy', file(recipe))).diagnostics).toEqual(diagnostics)
    expect((await policy('--policy', file('name: r\nstages: []\n'))).diagnostics).toEqual({})
    expect((await policy('--policy', file(''))).diagnostics).toEqual({})
  })

  it('is changed by settings, the last of which wins', async () => {
    const path = file('kl_explosion:\n  threshold: 0.5\n  enabled: true\nmode: enforce\n')
    const set = ['kl_explosion.threshold=0.8', 'kl_explosion.enabled=false', 'mode=observe', 'loss_plateau.patience=7']
    const words = ['kl_explosion.threshold=9', ...set].flatMap((each) => ['--set', each])
    expect((await policy('--policy', path, ...words)).diagnostics).toEqual({
      kl_explosion: { threshold: 0.8, enabled: false },
      loss_plateau: { patience: 7 },
      mode: 'observe',
    })
  })

  it('that is refused is refused at its place', async () => {
    const error = (pointer: string) => ({ pointer, code: 'x', message: `wrong ${pointer}`, remedy: '' })
    const pointers = ['/diagnostics/kl_explosion/treshold', '/diagnostics/grad_explosion/z', '/jobs']
    const refusal = problem('invalid', 422, '3 problems in the request', pointers.map(error))
    const path = file('mode: enforce\nkl_explosion:\n  treshold: 0.5\n')
    const { code, err } = await backtest(refusal, '--jobs', id(1), '--policy', path, '--set', 'grad_explosion.z=-1')
    expect(code).toBe(1)
    expect(err).toContain('policy.yaml:3:3  wrong /diagnostics/kl_explosion/treshold')
    expect(err).toContain('--set grad_explosion.z=-1  wrong /diagnostics/grad_explosion/z')
    expect(err).toContain('/jobs  wrong /jobs')
  })

  it.each([
    ['--set', 'x'],
    ['--set', '=1'],
    ['--last', '0'],
    ['--last', '101'],
  ])('refuses %s %s', async (...words) => {
    expect((await backtest({ body: report() }, ...words)).code).toBe(1)
  })

  it('that is no map is refused', async () => {
    expect((await backtest({ body: report() }, '--jobs', id(1), '--policy', file('- 1\n'))).err).toContain('no map')
  })
})

describe('the jobs', () => {
  it('are either named or counted', async () => {
    for (const words of [[], ['--jobs', id(1), '--last', '3']]) {
      const { code, err, received } = await backtest({ body: report() }, ...words)
      expect([code, received.length]).toEqual([1, 0])
      expect(err).toContain('exactly one of --jobs')
    }
  })

  it('are the newest that trained, over as many pages as it takes', async () => {
    const trained = (i: number) => ({ ...job({ stages: [stage({ attempts: [attempt()] })] }), id: id(i) })
    const untrained = { ...job(), id: id(99) }
    const pages = [
      { items: [trained(1), untrained], next: 'p2' },
      { items: [trained(2), trained(3)], next: 'p3' },
    ]
    const stub = await startStub(({ method }): Reply => ({ body: method === 'GET' ? pages.shift() : report() }))
    await sluice([...stub.options, 'policies', 'backtest', '--last', '2'])
    expect(asked(stub.received).jobs).toEqual([id(1), id(2)])
  })

  it('are none: that is said', async () => {
    const { code, err } = await backtest({ body: { items: [job()], next: null } }, '--last', '2')
    expect([code, err]).toEqual([1, expect.stringContaining('no job has trained yet')])
  })
})
