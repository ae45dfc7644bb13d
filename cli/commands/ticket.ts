import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { TicketAnswer } from '../../schemas/operations/tickets.ts'
import { JobId } from '../../schemas/primitives.ts'
import type { TicketClaims } from '../../schemas/ticket.ts'
import type { Act, Context, ExitCode } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { shortDigests, time } from '../text/values.ts'
import { addExample } from './arguments.ts'
import { type TicketFile, ticketIn, ticketVerdict, type Verdict } from './ticket-verdict.ts'

interface VerifyOptions {
  publicKey?: string
  spec?: string
}

const exampleJob = 'job-0123456789abcdefghij'

/** `sluice ticket show`, `sluice ticket verify`. */
export function ticketCommands(program: Command, act: Act): void {
  const ticket = program.command('ticket').description('read and verify what preflight vouches for')
  const show = ticket
    .command('show')
    .description('what the ticket of a job binds; --json prints ticket and public key, to keep or to verify elsewhere')
    .argument('<job>', 'its id')
    .action(act((context, [job]) => showTicket(context, job as string)))
  addExample(show, `sluice ticket show ${exampleJob}`, `sluice ticket show ${exampleJob} --json > ticket.json`)
  const verify = ticket
    .command('verify')
    .description('exit code 0 when the ticket holds, 2 with every reason when it does not; files need no server')
    .argument('<file|job>', 'a ticket.json, a spec.json of a trainer, or the id of a job')
    .option('--public-key <file>', 'SPKI PEM; required for a file, else the one of the server')
    .option('--spec <file>', 'a spec.json that the ticket must cover')
    .action(act<VerifyOptions>((context, [target], options) => verifyTicket(context, target as string, options)))
  addExample(
    verify,
    `sluice ticket verify ${exampleJob}`,
    'sluice ticket verify ticket.json --public-key key.pem --spec spec.json',
  )
}

async function showTicket(context: Context, job: string): Promise<undefined> {
  const { text, answer } = await fetchTicket(context, job)
  if (context.json) return void context.io.stdout(`${text}\n`)
  const { claims, problems } = ticketVerdict(answer, answer.public_key, context.io.clock.now())
  context.print([
    ...(claims ? claimLines(claims) : []),
    ...problems.map((each) => `${context.paint('bad', '✗')} ${each}`),
  ])
}

async function verifyTicket(context: Context, target: string, options: VerifyOptions): Promise<ExitCode> {
  const ofJob = JobId.safeParse(target).success
  const answer = ofJob ? (await fetchTicket(context, target)).answer : undefined
  const file: TicketFile | undefined = answer ? { ticket: answer.ticket } : ticketIn(await readText(target))
  const publicKey = options.publicKey === undefined ? answer?.public_key : await readText(options.publicKey)
  if (publicKey === undefined)
    throw ProblemError.local('usage', `give --public-key FILE to verify ${target} without a server`)
  const spec = options.spec === undefined ? undefined : specIn(await readText(options.spec))
  const verdict = file
    ? ticketVerdict({ ...file, ...(options.spec !== undefined && { spec }) }, publicKey, context.io.clock.now())
    : { ok: false, problems: [`${target} is not a JSON object`], claims: null }
  if (context.json) context.io.stdout(`${JSON.stringify(verdict)}\n`)
  else context.print(verdictLines(context, target, verdict))
  return verdict.ok ? 0 : 2
}

async function fetchTicket({ client }: Context, job: string) {
  const text = await client.send('getTicket', { params: { job } })
  return { text, answer: TicketAnswer.parse(JSON.parse(text)) }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw ProblemError.local('unreadable', `cannot read ${path}: ${(error as Error).message}`)
  }
}

/** null is no spec either, and is refused as one. */
function specIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function verdictLines({ paint }: Context, target: string, { ok, problems, claims }: Verdict): string[] {
  const of = claims ? ` of ${claims.job}` : ''
  if (ok) return [`${paint('good', '✓')} the ticket${of} holds until ${time(claims?.expires_at ?? '')}`]
  return [`${paint('bad', '✗')} the ticket in ${target}${of} is refused:`, ...problems.map((each) => `    ${each}`)]
}

function claimLines(claims: TicketClaims): string[] {
  const { reports, shadow, scorer_receipts, datasets } = claims
  const rounds = (of: { round1: string | null; round2: string | null }) =>
    `${of.round1 ?? 'none'} ${of.round2 ?? 'none'}`
  const lines: [string, string][] = [
    ['job', `${claims.job} (${claims.profile})`],
    ['valid', `${time(claims.issued_at)} to ${time(claims.expires_at)}`],
    ['recipe', claims.recipe],
    ['base model', claims.base_model],
    ...datasets.map(({ digest, merkle_root }): [string, string] => ['dataset', `${digest} root ${merkle_root}`]),
    ['weights', claims.weights ?? 'none'],
    ['thresholds', claims.thresholds],
    ['reports', rounds(reports)],
    ['shadow runs', rounds(shadow)],
    ['scorer', rounds(scorer_receipts)],
    ['image', claims.image ?? 'none: a program of the machine'],
    ['Sluice', claims.code_version],
  ]
  return lines.map(([name, value]) => shortDigests(`${name.padEnd(12)}${value}`))
}
