import type { Command } from 'commander'
import type { Anomaly, Health } from '../../schemas/diagnostics.ts'
import type { Act, Context } from '../context.ts'
import { plural } from '../text/values.ts'
import { anomalyLines, healthLine } from './anomaly-lines.ts'
import { addExample } from './arguments.ts'

const exampleJob = 'job-0123456789abcdefghij'

/** The commands that judge how a job goes. */
export function jobHealthCommands(jobs: Command, act: Act): void {
  const reading = (name: string, description: string) =>
    jobs.command(name).description(description).argument('<job>', 'its id')
  const anomalies = reading('anomalies', 'what the diagnostic rules found, with its cause and what to do').action(
    act((context, [job]) => printAnomalies(context, job as string)),
  )
  addExample(anomalies, `sluice jobs anomalies ${exampleJob}`)
  const health = reading('health', 'the health score, what lowers it, and which key of the recipe to change').action(
    act((context, [job]) => printHealth(context, job as string)),
  )
  addExample(health, `sluice jobs health ${exampleJob}`)
  const diagnose = reading('diagnose', 'read what is shipped, then judge every stored point anew').action(
    act((context, [job]) => judgeAnew(context, job as string)),
  )
  addExample(diagnose, `sluice jobs diagnose ${exampleJob}`)
}

async function printAnomalies(context: Context, job: string): Promise<undefined> {
  const answer = await context.show('listAnomalies', { params: { job } }, ({ anomalies }) => all(anomalies, context))
  if (answer?.anomalies.length === 0) context.note('nothing was found')
}

async function printHealth(context: Context, job: string): Promise<undefined> {
  const health = await context.show('getHealth', { params: { job } }, (answer) => healthLines(answer, context))
  if (health?.anomalies.length !== 0) return
  const { branches } = await context.client.call('listMetricBranches', { params: { job } })
  if (branches.length === 0) context.note('nothing is logged yet, so there was nothing to judge')
}

async function judgeAnew(context: Context, job: string): Promise<undefined> {
  await context.show('diagnoseJob', { params: { job } }, ({ health, anomalies, steps }) => [
    context.paint('dim', `${plural(steps, 'row')} looked at`),
    ...healthLines({ ...health, anomalies }, context),
  ])
}

function healthLines(health: Health & { anomalies: Anomaly[] }, context: Context): string[] {
  const { critical, high, medium, low, anomalies } = health
  const counted = critical + high + medium + low
  // The score is that of each stage's newest attempt; earlier ones are listed all the same.
  const earlier = anomalies.length > counted ? ['  findings of earlier attempts do not count'] : []
  return [
    healthLine(health, context.paint),
    ...earlier.map((line) => context.paint('dim', line)),
    ...all(anomalies, context),
  ]
}

const all = (anomalies: readonly Anomaly[], context: Context) =>
  anomalies.flatMap((anomaly) => anomalyLines(anomaly, context))
