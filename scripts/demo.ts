import { writeFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { styleText } from 'node:util'
import type { JobView } from '../schemas/job.ts'
import { writeDemoData } from './demo-data.ts'
import { demoReport } from './demo-report.ts'
import { readFlags } from './flags.ts'
import { type LocalSluice, startLocalSluice } from './local-sluice.ts'

const recipe = 'docs/examples/arithmetic-format.yaml'

const values = readFlags({
  options: {
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
    'data-dir': { type: 'string', default: '.sluice-demo' },
  },
})
const started = performance.now()
let running: string | undefined
if (values.help)
  say('Usage: demo [--json=FILE] [--data-dir=.sluice-demo]\nRuns the main job end to end on this machine.')
else {
  const sluice = await startLocalSluice(resolve(values['data-dir']))
  process.once('SIGINT', () => void interrupt(sluice))
  try {
    process.exitCode = await demo(sluice)
  } finally {
    await sluice.stop()
  }
}

// The server leaves trainers running for its next start to adopt; after Ctrl-C nobody waits for them.
async function interrupt(sluice: LocalSluice): Promise<void> {
  if (running) await sluice.run('jobs', 'cancel', running)
  await new Promise((done) => setTimeout(done, 1000))
  await sluice.stop()
  process.exit(130)
}

/** The main job, as a user would run it; resolves to the exit code: 0 only when the job succeeded. */
async function demo({ directory, run, ask }: LocalSluice): Promise<number> {
  const folder = relative('.', directory)
  say(
    `Sluice runs on this machine; data in ${folder}/. The model is the tiny reference model: real training, toy size.\n`,
  )
  for (const { dataset, path } of await writeDemoData(`${directory}/input`, 1)) {
    if ((await show(run, 'datasets', 'add', dataset, relative('.', path))) !== 0) return 1
  }
  if ((await show(run, 'recipes', 'publish', recipe)) !== 0) return 1
  const submitted = await ask('jobs', 'submit', 'arithmetic-format')
  running = submitted.id
  say(`$ sluice jobs submit arithmetic-format\n${submitted.id}\n`)
  await show(run, 'jobs', 'watch', submitted.id)

  const job = await ask('jobs', 'get', submitted.id)
  const preflight = await ask('jobs', 'preflight', submitted.id)
  const { series } = await ask('jobs', 'metrics', submitted.id)
  if (job.comparison) say(await whatWasLearned(ask, job))
  const seconds = (performance.now() - started) / 1000
  if (values.json)
    await writeFile(values.json, `${JSON.stringify(demoReport(job, preflight, series, seconds), null, 2)}\n`)
  say(`\n${seconds.toFixed(1)} s in all. To look inside: npx sluice up --data-dir ${folder}, then in another terminal:`)
  say(
    `  npx sluice --data-dir ${folder} jobs get ${job.id}\n  npx sluice --data-dir ${folder} evaluations responses ${job.comparison?.candidate.evaluation ?? 'ID'}`,
  )
  return job.status === 'succeeded' ? 0 : 1
}

/** The suite asks for an answer in tags, which the base model never gives: say what of the gain is that form, and what is arithmetic. */
async function whatWasLearned(ask: LocalSluice['ask'], job: JobView): Promise<string> {
  const read = async (evaluation = '') => {
    const { items } = await ask('evaluations', 'responses', evaluation, '--limit', '1000')
    const replies = items as { response: string; extracted: string | null; expected: string }[]
    const inForm = replies.filter(({ extracted }) => extracted !== null).length
    const right = replies.filter(({ response, expected }) => response.match(/\d+/g)?.at(-1) === expected).length
    return { inForm, right, n: replies.length }
  }
  const [base, tuned] = [await read(job.comparison?.base.evaluation), await read(job.comparison?.candidate.evaluation)]
  return [
    `\nIn the form that the suite asks for: base ${base.inForm}, tuned ${tuned.inForm} of ${base.n} replies.`,
    `With the form ignored, the last number is right in: base ${base.right}, tuned ${tuned.right} of ${base.n}.`,
    tuned.right > base.right ? '' : 'So what was learned is the form, not arithmetic.',
  ].join('\n')
}

async function show(run: LocalSluice['run'], ...command: string[]): Promise<number> {
  say(`$ sluice ${command.join(' ')}`)
  const code = await run(...command)
  say('')
  return code
}

function say(text: string): void {
  process.stdout.write(`${text.startsWith('$') ? styleText('bold', text, { stream: process.stdout }) : text}\n`)
}
