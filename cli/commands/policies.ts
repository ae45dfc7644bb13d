import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Act, Context } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { type RecipeFile, readRecipeFile } from '../recipe-file.ts'
import { addExample, repeated, wholeNumber } from './arguments.ts'
import { backtestLines } from './backtest-lines.ts'

interface BacktestOptions {
  jobs?: string
  last?: number
  policy?: string
  set?: string[]
}

const maxJobs = 100

export function policyCommands(program: Command, act: Act): void {
  const policies = program.command('policies').description('thresholds of the diagnostic rules, tried on stored jobs')
  const backtest = policies
    .command('backtest')
    .description('what a policy would have stopped, when, and what that would have saved or killed')
    .option('--jobs <ids>', 'comma-separated, at most 100')
    .addOption(
      new Option('--last <n>', 'the newest n jobs that trained, at most 100').argParser(wholeNumber(1, maxJobs)),
    )
    .option('--policy <file>', 'YAML or JSON: the `diagnostics` of a recipe, or a whole recipe; else the defaults')
    .option('--set <rule.key=value>', 'on top of the file; may be repeated', assignment)
    .action(act<BacktestOptions>((context, _args, options) => backtestPolicy(context, options)))
  addExample(
    backtest,
    'sluice policies backtest --last 50 --set kl_explosion.threshold=0.8',
    'sluice policies backtest --jobs job-0123456789abcdefghij --policy recipe.yaml',
  )
}

function assignment(text: string, previous: string[] = []): string[] {
  if (/^\w+(\.\w+)*=.+$/.test(text)) return repeated(text, previous)
  throw new InvalidArgumentError('Write it as rule.key=value, for example kl_explosion.threshold=0.8.')
}

async function backtestPolicy(context: Context, options: BacktestOptions): Promise<undefined> {
  const { jobs: ids, last, policy, set = [] } = options
  if ((ids === undefined) === (last === undefined))
    throw ProblemError.local('usage', 'give exactly one of --jobs (their ids) and --last (how many)')
  const file = policy === undefined ? undefined : await readRecipeFile(policy, 'policy')
  const diagnostics = withSettings(policyIn(file), set)
  const jobs = ids === undefined ? await newestTrained(context, last as number) : ids.split(',').map((id) => id.trim())
  if (jobs.length === 0) throw ProblemError.local('nothing', 'no job has trained yet; submit one: sluice jobs submit')
  try {
    // The server checks the policy.
    const input = { body: { jobs, diagnostics: diagnostics as object } }
    const report = await context.show('backtestPolicy', input, (answer) => backtestLines(answer, context))
    if (report && diagnostics.mode === 'observe')
      context.note('this policy only observes, so it stops nothing: add --set mode=enforce to see what it would stop')
  } catch (error) {
    throw error instanceof ProblemError
      ? error.with({ locate: (pointer) => placeOf(pointer, file, set) ?? pointer })
      : error
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A recipe's `diagnostics`, or what a file holds that is no recipe. */
function policyIn(file: RecipeFile | undefined): Record<string, unknown> {
  const content = file?.content ?? {}
  if (!isMap(content)) throw ProblemError.local('invalid', 'the policy is no map of rules')
  if (!('stages' in content || 'diagnostics' in content)) return content
  return isMap(content.diagnostics) ? content.diagnostics : {}
}

function withSettings(policy: Record<string, unknown>, set: readonly string[]): Record<string, unknown> {
  const result = structuredClone(policy)
  for (const each of set) {
    const equals = each.indexOf('=')
    const path = each.slice(0, equals).split('.')
    let at = result
    for (const key of path.slice(0, -1)) {
      const next = isMap(at[key]) ? at[key] : {}
      at[key] = next
      at = next
    }
    at[path.at(-1) as string] = settingOf(each.slice(equals + 1))
  }
  return result
}

/** Numbers and booleans as themselves, anything else as text. */
function settingOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

/** Where a setting of the policy was made: on the command line, or in the file. */
function placeOf(pointer: string, file: RecipeFile | undefined, set: readonly string[]): string | undefined {
  const [, rest] = /^\/diagnostics(\/.*)$/.exec(pointer) ?? []
  if (rest === undefined) return undefined
  const path = rest.slice(1).replaceAll('/', '.')
  const made = set.findLast((each) => each.startsWith(`${path}=`) || each.startsWith(`${path}.`))
  if (made !== undefined) return `--set ${made}`
  const whole = isMap(file?.content) && ('stages' in file.content || 'diagnostics' in file.content)
  return file?.locate(whole ? pointer : rest)
}

async function newestTrained({ client }: Context, count: number): Promise<string[]> {
  const found: string[] = []
  let after: string | undefined
  // A job that never trained has nothing to judge. So many are passed over at most.
  for (let page = 0; page < 10 && found.length < count; page++) {
    const { items, next } = await client.call('listJobs', { query: { limit: 100, after } })
    found.push(...items.filter(({ stages }) => stages.some(({ attempts }) => attempts.length > 0)).map(({ id }) => id))
    if (next === null) break
    after = next
  }
  return found.slice(0, count)
}
