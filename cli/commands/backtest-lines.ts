import type { BacktestReport, BacktestResult } from '../../schemas/diagnostics.ts'
import type { Context } from '../context.ts'
import type { Tone } from '../text/paint.ts'
import { type Column, table } from '../text/table.ts'
import { duration, plural } from '../text/values.ts'

type Outcome = BacktestResult['outcome']

const tones: Record<Outcome, Tone> = { saved: 'good', killed: 'bad', untouched: 'dim', missed: 'warn', open: 'accent' }

const columns: readonly Column<BacktestResult>[] = [
  { title: 'JOB', value: ({ job }) => job },
  { title: 'REALLY', value: ({ status }) => status },
  { title: 'POLICY', value: ({ outcome }) => outcome, tone: ({ outcome }) => tones[outcome] },
  {
    title: 'TRAINING',
    value: ({ would_stop, seconds_saved }) => (would_stop ? time(seconds_saved) : '-'),
    right: true,
  },
  { title: 'USD', value: ({ would_stop, usd_saved }) => (would_stop ? usd(usd_saved) : '-'), right: true },
  { title: 'HEALTH', value: ({ health }) => String(health.score), right: true },
  { title: 'WOULD HAVE STOPPED', value: stopText },
]

const time = (seconds: number) => (seconds === 0 ? '0s' : duration(1000 * seconds))
const usd = (amount: number | null) => (amount === null ? '-' : `$${amount.toFixed(2)}`)

function stopText({ would_stop: stop }: BacktestResult): string {
  if (!stop) return '-'
  return `stage ${stop.stage} attempt ${stop.attempt} step ${stop.step}: ${stop.rule}: ${stop.message}`
}

/** A line for each job, then what the policy comes to. */
export function backtestLines(
  { results, totals }: BacktestReport,
  { paint, tableColumns }: Pick<Context, 'paint' | 'tableColumns'>,
): string[] {
  const money = (outcome: Outcome) => {
    const known = results.filter((each) => each.outcome === outcome).map(({ usd_saved }) => usd_saved)
    return known.length > 0 && known.every((amount) => amount !== null)
      ? ` (${usd(known.reduce((sum, amount) => sum + amount, 0))})`
      : ''
  }
  const lost = totals.saved + totals.missed
  const won = totals.killed + totals.untouched
  const line = (tone: Tone, text: string) => paint(tone, text)
  return [
    ...table(columns, results, { paint, columns: tableColumns }),
    '',
    line(
      totals.saved > 0 ? 'good' : 'dim',
      `stops ${totals.saved} of ${plural(lost, 'job')} that did not succeed: ${time(totals.seconds_saved)} of training saved${money('saved')}`,
    ),
    line(
      totals.killed > 0 ? 'bad' : 'dim',
      `stops ${totals.killed} of ${plural(won, 'job')} that succeeded: ${time(totals.seconds_killed)} of training killed${money('killed')}`,
    ),
    ...openLines(results).map((text) => line('dim', text)),
  ]
}

/** Jobs of which nobody knows how they would have ended. */
function openLines(results: readonly BacktestResult[]): string[] {
  const open = results.filter(({ outcome }) => outcome === 'open')
  const stopped = open.filter(({ status }) => status === 'failed').length
  const running = open.length - stopped
  return [
    ...(running > 0 ? [`${plural(running, 'job')} still running: not counted`] : []),
    ...(stopped > 0
      ? [`${plural(stopped, 'job')} that diagnostics ended: how it would have gone on is not known, not counted`]
      : []),
  ]
}
