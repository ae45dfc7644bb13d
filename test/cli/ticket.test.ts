import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ticketCommands } from '../../cli/commands/ticket.ts'
import { ticketIn, ticketVerdict } from '../../cli/commands/ticket-verdict.ts'
import { createAct, type ExitCode } from '../../cli/context.ts'
import { ProblemError } from '../../cli/problem-error.ts'
import { operations } from '../../schemas/api.ts'
import { ticketOperations } from '../../schemas/operations/tickets.ts'
import type { TicketClaims } from '../../schemas/ticket.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startStub } from './stub-server.ts'
import { createTestIo } from './test-io.ts'

const job = 'job-0123456789abcdefghij'
const digest = (digit: string) => digit.repeat(64)
const keys = generateKeyPairSync('ed25519')
const pem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const otherPem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
const now = new Date('2026-01-01T00:00:00.000Z')
const claims: TicketClaims = {
  ticket: 'sluice.ticket/2',
  job,
  profile: 'smoke',
  recipe: digest('1'),
  base_model: digest('2'),
  datasets: [{ digest: digest('3'), merkle_root: digest('4') }],
  weights: null,
  thresholds: digest('5'),
  reports: { round1: digest('6'), round2: digest('7') },
  shadow: { round1: null, round2: null },
  scorer_receipts: { round1: digest('8'), round2: digest('9') },
  image: null,
  code_version: '0.1.0',
  issued_at: '2025-12-31T00:00:00.000Z',
  expires_at: '2026-01-07T00:00:00.000Z',
}

function signed(change: Partial<TicketClaims> = {}) {
  const payload = JSON.stringify({ ...claims, ...change })
  return { payload, key_id: 'k', signature: sign(null, Buffer.from(payload), keys.privateKey).toString('base64') }
}
const specOf = (ticket: object, change: object = {}) => ({
  contract: 'sluice.trainer/1',
  mode: 'generate',
  job,
  profile: 'smoke',
  recipe_digest: digest('1'),
  base_model: { id: 'tiny', uri: 'file:///models/', digest: digest('2') },
  seed: 0,
  output_uri: 'file:///out/',
  evaluation: 'eval-1',
  dataset: { name: 'suite', uri: 'file:///data.jsonl', digest: digest('3'), rows: 1 },
  max_new_tokens: 8,
  temperature: 0,
  ticket,
  ...change,
})

let folder: string
let written = 0
function file(content: unknown): string {
  const path = join(folder, `file-${written++}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** `--url` and the like lead. */
function line(argv: string[]): string[] {
  const verb = argv.findIndex((word) => word === 'show' || word === 'verify')
  return [...argv.slice(0, verb), 'ticket', ...argv.slice(verb)]
}

/** One command line of `sluice ticket`. */
async function ticket(...argv: string[]) {
  const io = createTestIo()
  let code: ExitCode = 0
  const program = new Command('sluice').option('--json').option('--url <url>').option('--token <token>').exitOverride()
  ticketCommands(
    program,
    createAct(io, (finished) => {
      code = finished
    }),
  )
  try {
    await program.parseAsync(line(argv), { from: 'user' })
    return { code, out: io.out }
  } catch (error) {
    if (error instanceof ProblemError) return { code: error.exitCode, out: io.out, problem: error.problem.detail }
    throw error
  }
}
const verify = (...argv: string[]) => ticket('verify', ...argv, '--public-key', file(pem))

beforeAll(() => {
  Object.assign(operations, ticketOperations)
})

beforeEach(() => {
  folder = tempDir()
})

describe('sluice ticket verify FILE, without a server', () => {
  it('says that a ticket holds, and until when', async () => {
    expect(await verify(file(signed()))).toEqual({
      code: 0,
      out: `✓ the ticket of ${job} holds until 2026-01-07T00:00:00Z\n`,
    })
    expect((await verify(file({ ticket: signed(), public_key: pem }))).code).toBe(0)
  })

  it('checks a spec that holds its ticket, and one beside it', async () => {
    expect((await verify(file(specOf(signed())))).code).toBe(0)
    expect((await verify(file(signed()), '--spec', file(specOf(signed())))).code).toBe(0)
    const foreign = specOf(signed(), { recipe_digest: digest('a'), profile: 'prod' })
    for (const argv of [[file(foreign)], [file(signed()), '--spec', file(foreign)]]) {
      const { code, out } = await verify(...argv)
      expect(code).toBe(2)
      expect(out).toContain('profile is prod in the spec but smoke in the ticket')
      expect(out).toContain('recipe_digest is')
    }
  })

  it('refuses with every problem at once', async () => {
    const late = signed({ expires_at: '2025-12-31T23:59:59.999Z' })
    const forged = file(specOf({ ...late, signature: signed().signature }, { job: 'job-zzzzzzzzzzzzzzzzzzzz' }))
    const { code, out } = await verify(forged)
    expect(code).toBe(2)
    for (const part of ['the signature is not one of this key', 'job is job-zzzz', 'expired at 2025-12-31'])
      expect(out).toContain(part)
    const json = JSON.parse((await verify('--json', forged)).out) as { ok: boolean; problems: string[] }
    expect(json).toMatchObject({ ok: false, claims: { job } })
    expect(json.problems).toHaveLength(3)
  })

  it.each([
    ['another key', signed(), otherPem],
    ['a key that is none', signed(), 'no key'],
    ['a claim that is missing', { ...signed(), payload: '{}' }, pem],
    ['no ticket', { hello: 1 }, pem],
    ['no JSON', 'hello', pem],
    ['an empty file', '', pem],
    ['an older ticket', signed({ ticket: 'sluice.ticket/1' } as never), pem],
  ])('refuses %s', async (_, content, key) => {
    expect((await ticket('verify', file(content), '--public-key', file(key))).code).toBe(2)
  })

  it.each(['', 'null', '{}', '[]', 'x'])('refuses a spec that is none: %j', async (text) => {
    expect((await verify(file(signed()), '--spec', file(text))).code).toBe(2)
  })

  it('needs a key and a file: anything else is no verdict', async () => {
    expect(await ticket('verify', file(signed()))).toMatchObject({
      code: 1,
      problem: expect.stringContaining('--public-key'),
    })
    expect(await verify(join(folder, 'none'))).toMatchObject({
      code: 1,
      problem: expect.stringContaining('cannot read'),
    })
  })

  it('refuses a ticket of which any bit is another', () => {
    const whole = signed()
    fc.assert(
      fc.property(fc.constantFrom('payload', 'signature'), fc.nat(), fc.nat({ max: 7 }), (part, at, bit) => {
        const encoding = part === 'payload' ? 'utf8' : 'base64'
        const bytes = Buffer.from(whole[part as 'payload'], encoding)
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << bit)
        const found = ticketIn(JSON.stringify({ ...whole, [part]: bytes.toString(encoding) }))
        expect(ticketVerdict(found ?? { ticket: undefined }, pem, now).ok).toBe(false)
      }),
    )
  })
})

describe('the ticket of a job on the server', () => {
  const serve = (ticketOfJob: object) => startStub(() => ({ body: { ticket: ticketOfJob, public_key: pem } }))

  it('is shown claim by claim', async () => {
    const { options, received } = await serve(signed())
    const { code, out } = await ticket(...options, 'show', job)
    expect(code).toBe(0)
    expect(received[0]?.path).toBe(`/v1/jobs/${job}/ticket`)
    expect(out).toContain(`job         ${job} (smoke)`)
    expect(out).toContain(`dataset     ${'3'.repeat(12)} root ${'4'.repeat(12)}`)
    expect(out).toContain(`scorer      ${'8'.repeat(12)} ${'9'.repeat(12)}`)
  })

  it('can be kept: what --json prints is what verify reads', async () => {
    const { options } = await serve(signed())
    const { out } = await ticket(...options, '--json', 'show', job)
    expect((await verify(file(out))).code).toBe(0)
  })

  it('is verified with the key of the server, or with the one that is given', async () => {
    const { options } = await serve(signed())
    expect((await ticket(...options, 'verify', job)).code).toBe(0)
    expect((await ticket(...options, 'verify', job, '--public-key', file(otherPem))).code).toBe(2)
    const late = await serve(signed({ expires_at: '2025-12-01T00:00:00.000Z' }))
    expect((await ticket(...late.options, 'verify', job)).code).toBe(2)
  })
})
