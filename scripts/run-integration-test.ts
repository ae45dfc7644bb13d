import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { terminalStatuses } from '../schemas/job.ts'
import { arithmeticRows } from './arithmetic-rows.ts'
import { buildSourceData } from './build-source-data.ts'
import { readFlags } from './flags.ts'
import { checkRun } from './integration-checks.ts'
import { integrationRecipe } from './integration-recipe.ts'
import { type LocalSluice, startLocalSluice } from './local-sluice.ts'
import { prepareTestData } from './prepare-test-data.ts'

const help = `Usage: run-integration-test [options]

Runs the small-scale scenario end to end: prepares 50 GRPO and 20 SFT rows, trains 10 steps of each on the tiny reference model,
evaluates, and checks what came out. Exit code 0 only when every check passes.

  --skip-prepare            use the data that an earlier run left in --data-dir
  --keep-output             leave the working directory in place and print where it is
  --verbose                 show what every command prints
  --data-dir=DIR            prepared data (default tests/fixtures/testdata)
  --timeout-minutes=30      the run is stopped and fails after this long
  --help
`
const values = readFlags({
  options: {
    'skip-prepare': { type: 'boolean', default: false },
    'keep-output': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    'data-dir': { type: 'string', default: 'tests/fixtures/testdata' },
    'timeout-minutes': { type: 'string', default: '30' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(help)
else process.exitCode = await main()

async function main(): Promise<number> {
  const started = performance.now()
  const minutes = Number(values['timeout-minutes'])
  // A timer of 25 days or more fires at once.
  if (!(minutes > 0 && minutes <= 10_000)) {
    process.stderr.write(`--timeout-minutes ${values['timeout-minutes']}: give a number above 0, at most 10000\n`)
    return 1
  }
  const work = await mkdtemp(join(tmpdir(), 'sluice-integration-'))
  const failures: string[] = []
  let sluice: LocalSluice | undefined
  let over = false
  const timer = Promise.withResolvers<never>()
  const timeout = setTimeout(
    () => timer.reject(new Error(`the run took longer than ${minutes} minutes and was stopped`)),
    minutes * 60_000,
  )
  try {
    if (!values['skip-prepare']) await prepare(work)
    sluice = await startLocalSluice(join(work, 'sluice'))
    failures.push(...(await Promise.race([scenario(sluice, work), timer.promise])))
    over = true
  } catch (error) {
    failures.push((error as Error).message)
  } finally {
    clearTimeout(timeout)
    if (sluice && !over)
      await cancelAll(sluice).catch((error: Error) => failures.push(`jobs were not cancelled: ${error.message}`))
    await sluice?.stop().catch((error: Error) => failures.push(`the server did not stop: ${error.message}`))
    if (values['keep-output']) process.stdout.write(`output kept in ${work}\n`)
    else await rm(work, { recursive: true, force: true })
  }
  for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`)
  process.stdout.write(
    `${failures.length === 0 ? 'PASSED' : `FAILED with ${failures.length} problems`} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  )
  return failures.length === 0 ? 0 : 1
}

async function prepare(work: string): Promise<void> {
  const sourceDir = join(work, 'grpo_datasets')
  await buildSourceData({ directory: sourceDir, rows: 500, seed: 0 })
  const lines = await prepareTestData({ numGrpo: 50, numSft: 20, outputDir: values['data-dir'], sourceDir, seed: 0 })
  process.stdout.write(`${lines.join('\n')}\n`)
}

async function scenario(sluice: LocalSluice, work: string): Promise<string[]> {
  const heldOut = join(work, 'held-out.json')
  await writeFile(heldOut, JSON.stringify(arithmeticRows(0).heldOut.slice(0, 50)))
  const recipe = join(work, 'recipe.json')
  await writeFile(recipe, JSON.stringify(integrationRecipe))
  await command(
    sluice,
    'datasets',
    'add',
    'small-sft',
    join(values['data-dir'], 'small_sft_dataset.json'),
    '--taint',
    'random-labels',
  )
  await command(sluice, 'datasets', 'add', 'small-grpo', join(values['data-dir'], 'small_grpo_dataset.json'))
  await command(sluice, 'datasets', 'add', 'small-held-out', heldOut)
  await command(sluice, 'recipes', 'publish', recipe)
  const { id } = await command(sluice, 'jobs', 'submit', integrationRecipe.name)
  if (values.verbose) await sluice.run('jobs', 'watch', id)
  else await untilOver(sluice, id)

  const results = await checkRun(sluice, id)
  for (const { name, failures } of results) process.stdout.write(`${failures.length === 0 ? 'ok  ' : 'FAIL'} ${name}\n`)
  return results.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`))
}

// The server leaves trainers running for its next start to adopt; here there is none.
async function cancelAll(sluice: LocalSluice): Promise<void> {
  const { items } = (await sluice.ask('jobs', 'list')) as { items: { id: string; finished_at?: string }[] }
  for (const job of items) if (!job.finished_at) await sluice.run('jobs', 'cancel', job.id)
  await new Promise((resolve) => setTimeout(resolve, 5000))
}

async function command(sluice: LocalSluice, ...words: string[]) {
  const answer = await sluice.ask(...words)
  if (values.verbose) process.stdout.write(`sluice ${words.join(' ')}\n${JSON.stringify(answer, null, 2)}\n`)
  return answer
}

async function untilOver(sluice: LocalSluice, id: string): Promise<void> {
  while (!terminalStatuses.includes((await sluice.ask('jobs', 'get', id)).status)) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}
