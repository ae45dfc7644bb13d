import type { JobView } from '../../schemas/job.ts'
import type { Paint, Tone } from '../text/paint.ts'
import { duration, percent, plural, points, probability, shortDigests } from '../text/values.ts'
import { wrap } from '../text/width.ts'
import { eventsOfRun, type WatchView } from './view.ts'

/** What came of a job that is over: the comparison, the gate, the model; or why not, and what to do next. Pure. */
export function summary(view: WatchView, columns: number, paint: Paint): string[] {
  const { job } = view
  const measured = [...comparisonLines(job, columns, paint), ...gateLines(job, columns, paint)]
  switch (job.status) {
    case 'succeeded':
      return [paint('good', `✓ succeeded in ${tookText(job)}`), ...measured, ...modelLines(view, columns, paint)]
    case 'refused':
      return [
        ...reasonLines(job, '✗ refused', 'warn', columns, paint),
        ...measured,
        ...nextLines(refusalRemedies(job), columns, paint),
      ]
    case 'failed':
      return [
        ...reasonLines(job, '✗ failed', 'bad', columns, paint),
        ...measured,
        ...nextLines(failureRemedies(job), columns, paint),
      ]
    case 'cancelled':
      return [
        ...reasonLines(job, '■ cancelled', 'warn', columns, paint),
        ...nextLines(againRemedies(job), columns, paint),
      ]
    default:
      return []
  }
}

function tookText(job: JobView): string {
  return duration(Date.parse(job.finished_at ?? job.updated_at) - Date.parse(job.created_at))
}

function comparisonLines(job: JobView, columns: number, paint: Paint): string[] {
  const { comparison } = job
  if (!comparison) return []
  const { base, candidate, n, difference, interval, p, verdict } = comparison
  const column = Math.max(String(base.correct).length, String(candidate.correct).length)
  const score = (label: string, side: typeof base) =>
    `  ${label} ${String(side.correct).padStart(column)} of ${n} right  ${percent(side.accuracy).padStart(7)}`
  const tone: Tone = verdict === 'better' ? 'good' : verdict === 'worse' ? 'bad' : 'warn'
  const [low, high] = interval.map(points)
  return [
    paint('dim', `  suite ${comparison.suite}, ${plural(n, 'item')}, paired`),
    score('base ', base),
    score('tuned', candidate),
    ...wrap(`${points(difference)} points [${low}, ${high}], p ${probability(p)}: ${verdict}`, columns, 8).map((line) =>
      paint(tone, line),
    ),
  ]
}

function gateLines(job: JobView, columns: number, paint: Paint): string[] {
  if (!job.gate) return []
  const tones = { pass: 'good', fail: 'bad', inconclusive: 'warn' } as const
  const signs = { pass: '✓', fail: '✗', inconclusive: '?' } as const
  return [
    `  gate  ${paint(tones[job.gate.verdict], job.gate.verdict)}`,
    ...job.gate.rules.flatMap(({ rule, verdict, message }) => {
      const [first = '', ...rest] = wrap(`${rule.type}: ${message}`, columns, 6)
      return [`    ${paint(tones[verdict], signs[verdict])} ${first.trimStart()}`, ...rest]
    }),
  ]
}

function modelLines(view: WatchView, columns: number, paint: Paint): string[] {
  const { model } = view.job
  if (!model) return []
  const line = `  model ${paint('strong', `${model.name}@${model.version}`)}`
  if (model.alias) return [`${line}, alias ${model.alias}`]
  const said = eventsOfRun(view).findLast((event) => event.type === 'model_registered')?.message ?? ''
  return [line, ...(said.includes('alias') ? wrap(said, columns, 8) : [])]
}

function reasonLines(job: JobView, title: string, tone: Tone, columns: number, paint: Paint): string[] {
  const { reason } = job
  const named = reason?.stage === undefined || reason.message.includes(`stage ${reason.stage}`)
  const stage = named ? '' : ` in stage ${reason.stage} (${job.stages[reason.stage as number]?.algorithm})`
  const [first = '', ...rest] = wrap(
    `${title}${stage} after ${tookText(job)}: ${reason?.message ?? 'no reason was recorded'}`,
    columns,
    2,
  )
  const evidence = job.gate && reason?.code.startsWith('gate_') ? [] : (reason?.evidence ?? [])
  return [
    paint(tone, first.trimStart()),
    ...rest,
    ...evidence.flatMap((each) => wrap(shortDigests(each), columns, 4)),
    ...(reason ? [paint('dim', `  reason ${reason.code}`)] : []),
  ]
}

type Remedy = readonly [command: string, purpose: string]

function refusalRemedies(job: JobView): Remedy[] {
  if (job.reason?.code === 'preflight_failed')
    return [
      [`sluice jobs preflight ${job.id}`, 'every check with its evidence and remedy'],
      [`sluice jobs submit ${whatOf(job)}`, 'after mending the data or the recipe'],
    ]
  const evaluation = job.comparison?.candidate.evaluation
  return [
    ...(evaluation ? [[`sluice evaluations responses ${evaluation}`, "the tuned model's answers"] as const] : []),
    ...(job.evaluates ? [] : [[`sluice jobs metrics ${job.id}`, 'how the training went'] as const]),
  ]
}

function whatOf({ recipe, evaluates }: JobView): string {
  return evaluates ? `--evaluate ${evaluates.name}@${evaluates.version}` : recipe.name
}

/** By a finding: the same recipe from the same checkpoint would most likely end the same way. */
function isCondemned(job: JobView): boolean {
  return job.status === 'failed' && job.stages.some(({ attempts }) => attempts.at(-1)?.stopped_by !== undefined)
}

function failureRemedies(job: JobView): Remedy[] {
  if (isCondemned(job))
    return [
      [`sluice jobs health ${job.id}`, 'what was found, and which key of the recipe to change'],
      [`sluice jobs metrics ${job.id}`, 'how the training went'],
      [`sluice jobs failure-pack ${job.id}`, 'logs, specs and metrics in one file'],
      ['sluice recipes publish RECIPE.yaml', 'the changed recipe as its next version; then submit it'],
      [`sluice jobs resume ${job.id}`, 'this recipe again, from a checkpoint of before the finding, if there is one'],
    ]
  const stage = job.reason?.stage === undefined ? '' : ` --stage ${job.reason.stage}`
  const started = job.stages.some((each) => each.attempts.length > 0)
  const found = (job.findings ?? []).length > 0
  return [
    ...(found ? [[`sluice jobs health ${job.id}`, 'what diagnostics found, and what to change'] as const] : []),
    ...(started ? [[`sluice jobs logs ${job.id}${stage}`, "the trainer's last lines"] as const] : []),
    [`sluice jobs failure-pack ${job.id}`, 'logs, specs and metrics in one file'],
    ...againRemedies(job),
  ]
}

function againRemedies(job: JobView): Remedy[] {
  const started = job.stages.some((stage) => stage.attempts.length > 0)
  if (job.evaluates) return [[`sluice jobs resume ${job.id}`, 'evaluate again; what is scored stays']]
  return [
    ...(started ? [[`sluice jobs resume ${job.id}`, 'go on from the latest checkpoint'] as const] : []),
    [`sluice jobs clone ${job.id}`, 'start over with the same recipe and data'],
  ]
}

function nextLines(remedies: readonly Remedy[], columns: number, paint: Paint): string[] {
  const widest = Math.max(...remedies.map(([command]) => command.length))
  const lines = remedies.map(([command, purpose]) => {
    const fits = 4 + widest + 2 + purpose.length <= columns
    return `    ${fits ? `${command.padEnd(widest)}  ${paint('dim', purpose)}` : command}`
  })
  return ['  next:', ...lines]
}
