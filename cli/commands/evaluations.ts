import { type Command, Option } from 'commander'
import type { Evaluation } from '../../schemas/evaluation.ts'
import type { Act, Context } from '../context.ts'
import { pairs } from '../text/table.ts'
import { percent, time } from '../text/values.ts'
import { addExample, wholeNumber } from './arguments.ts'
import { listPage } from './list-page.ts'

interface ResponseOptions {
  limit: number
  after?: number
}

export function evaluationCommands(program: Command, act: Act): void {
  const evaluations = program.command('evaluations').description('models scored on suites, with every response')
  const get = evaluations
    .command('get')
    .description('an evaluation with its summary')
    .argument('<id>', 'of the evaluation, as jobs get and models get --json name it')
    .action(act((context, [id]) => getEvaluation(context, id as string)))
  addExample(get, 'sluice evaluations get ev-0123456789abcdefghij')
  const responses = evaluations
    .command('responses')
    .description('every response with its score, in item order')
    .argument('<id>', 'of the evaluation')
    .addOption(new Option('--limit <n>', 'how many at most, 1 to 1000').argParser(wholeNumber(1, 1000)).default(50))
    .addOption(
      new Option('--after <index>', 'start after this item').argParser(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    )
    .action(act<ResponseOptions>((context, [id], options) => listResponses(context, id as string, options)))
  addExample(responses, 'sluice evaluations responses ev-0123456789abcdefghij --limit 200')
}

async function getEvaluation(context: Context, evaluation: string): Promise<undefined> {
  await context.show('getEvaluation', { params: { evaluation } }, (found) => pairs(facts(found), context.paint))
}

function facts({
  id,
  status,
  suite,
  subject,
  summary,
  requested_by,
  created_at,
}: Evaluation): [string, string | undefined][] {
  const share = (count: number) => `${count} of ${summary?.n} (${percent(count / Math.max(1, summary?.n ?? 0))})`
  return [
    ['evaluation', id],
    ['status', status],
    [
      'suite',
      `${suite.name}: ${suite.dataset.rows} rows of ${suite.dataset.name}@${suite.dataset.digest.slice(0, 12)}, ${suite.scorer.type}`,
    ],
    ['base model', subject.base_model.id],
    ['adapter', subject.adapter?.final_key ?? 'none'],
    ['correct', summary && share(summary.correct)],
    ['answered', summary && share(summary.answered)],
    ['truncated', summary && share(summary.truncated)],
    ['asked for by', requested_by],
    ['created', time(created_at)],
  ]
}

function listResponses(context: Context, evaluation: string, { limit, after }: ResponseOptions): Promise<undefined> {
  return listPage(
    context,
    'listResponses',
    { params: { evaluation }, query: { limit, after } },
    {
      columns: [
        { title: 'ITEM', value: (each) => String(each.index), right: true },
        { title: '', value: (each) => (each.correct ? '✓' : '✗'), tone: (each) => (each.correct ? 'good' : 'bad') },
        { title: 'EXPECTED', value: (each) => each.expected },
        { title: 'EXTRACTED', value: (each) => each.extracted ?? '(none)' },
        {
          title: 'ENDED',
          value: (each) => each.finish_reason,
          tone: (each) => (each.finish_reason === 'length' ? 'warn' : undefined),
        },
        { title: 'RESPONSE', value: (each) => each.response },
      ],
      words: ['evaluations', 'responses', evaluation],
      limit,
      empty: 'no responses after this item',
    },
  )
}
