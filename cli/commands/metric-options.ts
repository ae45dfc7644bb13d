import { Option } from 'commander'
import { metricAliases } from '../../schemas/canonical-metrics.ts'
import type { Context } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { plural } from '../text/values.ts'
import { wholeNumber } from './arguments.ts'

/** Which points a command is about. */
export interface MetricOptions {
  names?: string
  stage?: number
  attempt?: number
  from?: number
  to?: number
  buckets?: number
}

const mostNamed = 40

export const stageOption = () => new Option('--stage <n>', 'which stage, from 0').argParser(wholeNumber(0, 1000))
export const attemptOption = (what = 'which attempt of --stage, from 1') =>
  new Option('--attempt <n>', what).argParser(wholeNumber(1, 1000))
export const stepOption = (flag: string, what: string) =>
  new Option(`${flag} <step>`, what).argParser(wholeNumber(0, Number.MAX_SAFE_INTEGER))

/** As the API asks for it. */
export function queryOf({ names, stage, attempt, from, to }: MetricOptions) {
  return { names, stage, attempt, start_step: from, end_step: to }
}

const optionOf: Record<string, string> = { start_step: '--from', end_step: '--to', jobs: 'the jobs' }

/** Has what is wrong with a query told of the options that it was made of. */
export async function ofOptions<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    throw error.with({
      locate(pointer) {
        const key = /^(?:\/query)?\/(\w+)$/.exec(pointer)?.[1]
        return key === undefined ? undefined : (optionOf[key] ?? `--${key}`)
      },
    })
  }
}

/**
 * Says which of the names asked for no job logged, and which there are: a misspelt name looks like a metric without points. Asks only
 * where fewer were `found`.
 */
export async function noteUnknownNames(
  { client, note }: Context,
  jobs: readonly string[],
  { names }: MetricOptions,
  found: readonly { name: string }[] = [],
): Promise<void> {
  const asked = [...new Set(names?.split(',').flatMap((name) => name.trim() || []))]
  if (asked.length <= new Set(found.map(({ name }) => name)).size) return
  const answers = await Promise.all(jobs.map((job) => client.call('listMetricBranches', { params: { job } })))
  const logged = answers.flatMap(({ branches }) => branches.flatMap((branch) => branch.names))
  const known = new Set(logged.flatMap(({ name, native }) => [name, native]))
  for (const [alias, name] of Object.entries(metricAliases)) if (known.has(name)) known.add(alias)
  const unknown = asked.filter((name) => !known.has(name))
  if (unknown.length === 0 || logged.length === 0) return
  const own = [...new Set(logged.map(({ name }) => name))]
  const rest = own.length > mostNamed ? ` and ${own.length - mostNamed} more` : ''
  const such = unknown.map((name) => JSON.stringify(name)).join(', ')
  note(
    `${plural(unknown.length, 'metric')} not logged: ${such}; there are: ${own.slice(0, mostNamed).join(', ')}${rest}`,
  )
}
