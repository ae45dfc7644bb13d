import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createSigner } from '../../../adapters/embedded/signer.ts'
import { digestJson } from '../../../core/platform/digest.ts'
import { isFault } from '../../../core/platform/fault.ts'
import { saveReport } from '../../../core/preflight/report.ts'
import { runRound2 } from '../../../core/preflight/round2.ts'
import { type PreflightSubject, roundKey, ticketKey } from '../../../core/preflight/subject.ts'
import { issueTicket, requireTicket } from '../../../core/preflight/ticket.ts'
import type { Ticket, TicketClaims } from '../../../schemas/ticket.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { rejection } from '../support/caught.ts'
import { prepareSubject } from '../support/subject.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let subject: PreflightSubject

beforeEach(async () => {
  platform = createTestPlatform()
  subject = await prepareSubject(platform)
})

async function preflight(of = subject): Promise<void> {
  await passRound1(of)
  await runRound2(platform, of)
}
const passRound1 = (of: PreflightSubject) => saveReport(platform, of, { round: 'round1', files: {}, checks: [] })
async function failRound1(of: PreflightSubject): Promise<void> {
  const check = {
    name: 'x',
    subject: 'y',
    status: 'fail' as const,
    value: null,
    threshold: '',
    message: '',
    evidence: [],
  }
  await saveReport(platform, of, { round: 'round1', files: {}, checks: [check] })
}
const store = (ticket: Ticket) => platform.blobs.put(ticketKey(subject.job), JSON.stringify(ticket), 'any')
const claimsOf = (ticket: Ticket) => JSON.parse(ticket.payload) as TicketClaims
const refusal = async (of = subject) => String(await rejection(requireTicket(platform, of)))

describe('a ticket', () => {
  it('binds every digest that preflight checked', async () => {
    await preflight()
    const ticket = await issueTicket(platform, subject)
    expect(claimsOf(ticket)).toMatchObject({
      job: subject.job,
      profile: 'smoke',
      recipe: subject.recipeDigest,
      base_model: subject.baseModel.digest,
      datasets: [...subject.stageDatasets, subject.evaluationDataset]
        .map(({ digest, merkle_root }) => ({ digest, merkle_root }))
        .sort((a, b) => (a.digest < b.digest ? -1 : 1)),
      weights: null,
      thresholds: digestJson(subject.recipe.preflight),
      shadow: { round1: null, round2: null },
      scorer_receipts: { round1: null, round2: null },
      image: null,
      code_version: expect.stringMatching(/^\d/),
      issued_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2026-01-08T00:00:00.000Z',
    })
    expect(await requireTicket(platform, subject)).toEqual(ticket)
  })

  it('is the same when it is asked for again, and renewed when it has expired', async () => {
    await preflight()
    const ticket = await issueTicket(platform, subject)
    await platform.clock.advance(7 * 86_400_000 - 1)
    expect(await issueTicket(platform, subject)).toEqual(ticket)
    await platform.clock.advance(1)
    expect(await issueTicket(platform, subject)).not.toEqual(ticket)
  })

  it('is not issued before both rounds were made', async () => {
    await expect(issueTicket(platform, subject)).rejects.toMatchObject({ code: 'not_found' })
    await passRound1(subject)
    await expect(issueTicket(platform, subject)).rejects.toMatchObject({ code: 'not_found' })
  })

  it.each([
    ['round1', (of: PreflightSubject) => failRound1(of)],
    ['round2', () => platform.compute.setFreeDisk(0)],
  ] as const)('is not issued when %s failed, even when an older one still holds', async (round, damage) => {
    await preflight()
    await issueTicket(platform, subject)
    const resumed = { ...subject, run: 2 }
    await damage(resumed)
    await preflight(resumed)
    await expect(issueTicket(platform, resumed)).rejects.toMatchObject({
      code: 'illegal_transition',
      message: `preflight ${round} of ${subject.job} did not pass: no ticket`,
    })
    expect(await refusal(resumed)).toContain('binds another report of round2')
  })
})

describe('training is refused', () => {
  it('without a ticket', async () => {
    expect(await refusal()).toContain(`preflight not passed, run refused: ${subject.job} has no ticket`)
  })

  it('when the ticket has expired', async () => {
    await preflight()
    await issueTicket(platform, subject)
    await platform.clock.advance(7 * 86_400_000 - 1)
    await requireTicket(platform, subject)
    await platform.clock.advance(1)
    expect(await refusal()).toContain('expired at 2026-01-08T00:00:00.000Z')
  })

  it('when anything that was checked is another by now, and each is named', async () => {
    await preflight()
    await issueTicket(platform, subject)
    const other = 'e'.repeat(64)
    expect(await refusal({ ...subject, recipeDigest: other })).toContain('binds recipe')
    expect(await refusal({ ...subject, baseModel: { id: 'x', digest: other } })).toContain('binds base model')
    expect(await refusal({ ...subject, profile: 'prod' })).toContain('is for profile smoke, not prod')
    const evaluationDataset = { ...subject.evaluationDataset, digest: other }
    expect(await refusal({ ...subject, evaluationDataset })).toContain(`does not bind dataset ${other}`)
    const all = await refusal({ ...subject, profile: 'prod', recipeDigest: other, evaluationDataset })
    for (const part of ['profile', 'recipe', 'dataset']) expect(all).toContain(part)
  })

  it('when a report was altered after the ticket was issued', async () => {
    await preflight()
    await issueTicket(platform, subject)
    const report = await platform.blobs.get(roundKey(subject, 'round2'))
    await platform.blobs.put(roundKey(subject, 'round2'), `${new TextDecoder().decode(report)} `, 'any')
    expect(await refusal()).toContain('binds another report of round2')
  })

  it('with the ticket of another job', async () => {
    await preflight()
    const ticket = await issueTicket(platform, subject)
    const other = { ...subject, job: 'job-00000000000000000002' }
    await preflight(other)
    await platform.blobs.put(ticketKey(other.job), JSON.stringify(ticket), 'any')
    expect(await refusal(other)).toContain(`is for ${subject.job}`)
  })

  it('with a ticket that another key signed', async () => {
    await preflight()
    const forged = { ...platform, signer: createSigner(tempDir()) }
    await store(await issueTicket(forged, subject))
    expect(await refusal()).toContain('signature that does not verify')
  })

  it('with any claim changed', async () => {
    await preflight()
    const ticket = await issueTicket(platform, subject)
    const claims = claimsOf(ticket)
    for (const claim of Object.keys(claims) as (keyof TicketClaims)[]) {
      await store({ ...ticket, payload: JSON.stringify({ ...claims, [claim]: 'changed' }) })
      expect(await refusal(), claim).toContain('signature that does not verify')
    }
  })

  it('with any bit of the payload or of the signature flipped', async () => {
    await preflight()
    const ticket = await issueTicket(platform, subject)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('payload', 'signature'), fc.nat(), fc.nat({ max: 7 }), async (part, at, bit) => {
        const bytes = part === 'payload' ? Buffer.from(ticket.payload) : Buffer.from(ticket.signature, 'base64')
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << bit)
        await store({ ...ticket, [part]: bytes.toString(part === 'payload' ? 'utf8' : 'base64') })
        expect(isFault(await rejection(requireTicket(platform, subject)), 'illegal_transition')).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it.each(['', '{}', '{"payload":"{}","key_id":"k","signature":"AA=="}'])('with a damaged ticket: %j', async (text) => {
    await preflight()
    await platform.blobs.put(ticketKey(subject.job), text, 'any')
    expect(['corrupt', 'illegal_transition']).toContain(
      ((await rejection(requireTicket(platform, subject))) as Error).name,
    )
  })
})
