import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { dataCommands } from './commands/data.ts'
import { datasetCommands } from './commands/datasets.ts'
import { evaluationCommands } from './commands/evaluations.ts'
import { jobCommands } from './commands/jobs.ts'
import { modelCommands } from './commands/models.ts'
import { policyCommands } from './commands/policies.ts'
import { preflightCommands } from './commands/preflight.ts'
import { recipeCommands } from './commands/recipes.ts'
import { scheduleCommands } from './commands/schedules.ts'
import { ticketCommands } from './commands/ticket.ts'
import { upCommand } from './commands/up.ts'
import { createAct, type ExitCode } from './context.ts'
import type { Io } from './io.ts'
import { formatProblem, ProblemError } from './problem-error.ts'
import { createPaint, hasColours } from './text/paint.ts'

/** Runs one command line (without `node sluice`). Resolves to the exit code: 0 done, 2 refused by a gate or preflight, 1 anything else. */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitCode> {
  const json = argv.includes('--json')
  let code: ExitCode = 0
  const program = createProgram(io, json, (finished) => {
    code = finished
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    return report(error, io, json)
  }
}

function createProgram(io: Io, json: boolean, finish: (code: ExitCode) => void): Command {
  const program = new Command('sluice')
    .description(
      'Control plane for LLM post-training: nothing trains without preflight, nothing is registered without its gate.',
    )
    .version(manifest.version)
    .option('--json', "print the API's JSON, and problems as JSON on stderr")
    .option('--url <url>', 'the server (env SLUICE_URL; else server.json of the data directory)')
    .option('--token <token>', 'its token (env SLUICE_TOKEN; else file token of the data directory)')
    .option('--region <region>', 'sign requests with AWS credentials (env SLUICE_REGION; else seen in the address)')
    .option('--profile <profile>', 'of the AWS credentials (else what the AWS tools use)')
    .option('--data-dir <directory>', 'of the local server (env SLUICE_DATA_DIR; else .sluice)')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      outputError: (text, write) => (json ? undefined : write(text)),
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
      getOutHasColors: () => hasColours(io),
      getErrHasColors: () => hasColours(io),
    })
    .addHelpText(
      'after',
      `
Exit codes: 0 done; 2 refused by a gate or preflight; 1 anything else.

Example:
  $ sluice up                                     # in a terminal of its own
  $ sluice datasets add arithmetic train.jsonl
  $ sluice recipes publish recipe.yaml
  $ sluice jobs submit my-recipe --watch`,
    )
  const act = createAct(io, finish)
  upCommand(program, act)
  jobCommands(program, act)
  preflightCommands(program, act)
  ticketCommands(program, act)
  recipeCommands(program, act)
  dataCommands(program, act)
  datasetCommands(program, act)
  modelCommands(program, act)
  evaluationCommands(program, act)
  scheduleCommands(program, act)
  policyCommands(program, act)
  return program
}

function report(error: unknown, io: Io, json: boolean): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    if (json) printJson(ProblemError.local('usage', error.message.replace(/^error: /, '')), io)
    return 1
  }
  if (error instanceof ProblemError) {
    if (json) printJson(error, io)
    else io.stderr(`${formatProblem(error, createPaint(io)).join('\n')}\n`)
    return error.exitCode
  }
  const defect = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (json) printJson(ProblemError.local('internal', `defect of sluice itself: ${defect}`), io)
  else io.stderr(`error: this is a defect of sluice itself:\n${defect}\n`)
  return 1
}

function printJson(error: ProblemError, io: Io): void {
  io.stderr(`${JSON.stringify(error.problem)}\n`)
}
