import { generateKeyPairSync, sign as signWith } from 'node:crypto'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { saveReport } from '../../../core/preflight/report.ts'
import { runRound2 } from '../../../core/preflight/round2.ts'
import {
  type PreflightSubject,
  roundKey,
  scorerReceiptsKey,
  shadowKey,
  ticketKey,
} from '../../../core/preflight/subject.ts'
import { issueTicket, requireCheckedImage, requireTicket } from '../../../core/preflight/ticket.ts'
import type { Ticket, TicketClaims } from '../../../schemas/ticket.ts'
import { rejection } from '../support/caught.ts'
import { prepareSubject } from '../support/subject.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const image = `registry.example.com/trl@sha256:${'a'.repeat(64)}`
const other = 'e'.repeat(64)
let platform: TestPlatform
let subject: PreflightSubject
let ticket: Ticket

/** A job with everything that a ticket can bind. */
beforeEach(async () => {
  platform = createTestPlatform()
  subject = await prepareSubject(platform, { recipe: { weights: { accuracy: 0.5, format: 0.5 } } })
  platform.compute.setDefinition({ image })
  for (const round of ['round1', 'round2'] as const) {
    await platform.blobs.put(shadowKey(subject, round), `the shadow run of ${round}`, 'absent')
    await platform.blobs.put(scorerReceiptsKey(subject, round), `the receipts of ${round}`, 'absent')
  }
  await saveReport(platform, subject, { round: 'round1', files: {}, checks: [] })
  expect((await runRound2(platform, subject)).pass).toBe(true)
  ticket = await issueTicket(platform, subject)
})

const refusal = async (of = subject) => String(await rejection(requireTicket(platform, of)))
const claims = () => JSON.parse(ticket.payload) as TicketClaims

it('a ticket binds the shadow runs, the receipts, the weights and the image', async () => {
  const digest = expect.stringMatching(/^[0-9a-f]{64}$/)
  expect(claims()).toMatchObject({
    weights: digest,
    thresholds: digest,
    shadow: { round1: digest, round2: digest },
    scorer_receipts: { round1: digest, round2: digest },
    image,
  })
  expect(await requireTicket(platform, subject)).toEqual(ticket)
})

describe('any byte of any stored thing that it binds', () => {
  const bound: [string, (of: PreflightSubject) => string, RegExp][] = (['round1', 'round2'] as const).flatMap(
    (round) => [
      [`the report of ${round}`, (of) => roundKey(of, round), new RegExp(`another report of ${round}|cannot be read`)],
      [`the shadow run of ${round}`, (of) => shadowKey(of, round), new RegExp(`binds shadow run of ${round} `)],
      [
        `the receipts of ${round}`,
        (of) => scorerReceiptsKey(of, round),
        new RegExp(`binds scorer receipts of ${round} `),
      ],
    ],
  )

  it.each(bound)('%s, flipped, refuses and is named', async (_, keyOf, named) => {
    const key = keyOf(subject)
    const whole = (await platform.blobs.get(key)) as Uint8Array
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 7 }), async (at, bit) => {
        const bytes = Uint8Array.from(whole)
        bytes[at] = (bytes[at] as number) ^ (1 << bit)
        await platform.blobs.put(key, bytes, 'any')
        expect(await refusal()).toMatch(named)
      }),
      { numRuns: 25 },
    )
    await platform.blobs.put(key, whole, 'any')
    await requireTicket(platform, subject)
  })

  it.each(bound.filter(([name]) => !name.startsWith('the report')))('%s, gone, refuses', async (_, keyOf, named) => {
    await platform.blobs.delete(keyOf(subject))
    expect(await refusal()).toMatch(named)
  })
})

describe('anything else that it binds, changed', () => {
  const changes: [string, (of: PreflightSubject) => PreflightSubject, string][] = [
    ['recipe', (of) => ({ ...of, recipeDigest: other }), 'binds recipe'],
    ['base model', (of) => ({ ...of, baseModel: { ...of.baseModel, digest: other } }), 'binds base model'],
    ['profile', (of) => ({ ...of, profile: 'prod' }), 'is for profile smoke, not prod'],
    [
      'evaluation data',
      (of) => ({ ...of, evaluationDataset: { ...of.evaluationDataset, digest: other } }),
      `does not bind dataset ${other}`,
    ],
    [
      'Merkle root',
      (of) => ({ ...of, evaluationDataset: { ...of.evaluationDataset, merkle_root: other } }),
      `binds Merkle root`,
    ],
    ['training data', (of) => ({ ...of, stageDatasets: of.stageDatasets.slice(0, 1) }), 'which the job does not read'],
    [
      'weights',
      (of) => ({ ...of, recipe: { ...of.recipe, weights: { accuracy: 0.5, format: 0.4, brevity: 0.1 } } }),
      'binds weights',
    ],
    [
      'limits',
      (of) => ({ ...of, recipe: { ...of.recipe, preflight: { ...of.recipe.preflight, leak_sim: 0.86 } } }),
      'binds thresholds',
    ],
  ]

  it.each(changes)('%s refuses and is named', async (_, change, named) => {
    expect(await refusal(change(subject))).toContain(named)
  })

  it('all at once are all named', async () => {
    const changed = changes.reduce((of, [, change]) => change(of), subject)
    const text = await refusal(changed)
    for (const named of ['recipe', 'base model', 'profile', 'dataset', 'weights', 'thresholds'])
      expect(text).toContain(named)
  })

  it('image: the definition must still run the one that was checked', async () => {
    await requireCheckedImage(platform, ticket, 'trl')
    platform.compute.setDefinition({ image: image.replace('aa', 'ab') })
    await expect(requireCheckedImage(platform, ticket, 'trl')).rejects.toMatchObject({
      code: 'illegal_transition',
      message: expect.stringContaining(`binds image ${image}, but definition "trl" runs ${image.replace('aa', 'ab')}`),
    })
    platform.compute.setDefinition({ image: null })
    await expect(requireCheckedImage(platform, ticket, 'trl')).rejects.toMatchObject({ code: 'illegal_transition' })
  })
})

describe('a ticket that is well signed but says something else', () => {
  const keys = generateKeyPairSync('ed25519')
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const leaves = (value: unknown, path: string[] = []): string[][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, each]) => leaves(each, [...path, name]))
      : [path]
  const withLeaf = (value: unknown, [name = '', ...rest]: string[], leaf: unknown): unknown =>
    Array.isArray(value)
      ? value.map((each, index) =>
          String(index) === name ? (rest.length > 0 ? withLeaf(each, rest, leaf) : leaf) : each,
        )
      : {
          ...(value as object),
          [name]: rest.length > 0 ? withLeaf((value as Record<string, unknown>)[name], rest, leaf) : leaf,
        }

  it('is refused, whichever claim it is, and for every claim', async () => {
    const mine = { ...platform, signer: { ...platform.signer, publicKey: async () => publicKey } }
    const store = async (payload: string) => {
      const signature = signWith(null, Buffer.from(payload), keys.privateKey).toString('base64')
      await platform.blobs.put(ticketKey(subject.job), JSON.stringify({ ...ticket, payload, signature }), 'any')
    }
    await store(ticket.payload)
    await requireTicket(mine, subject)
    const bindsNothing = new Set(['issued_at'])
    for (const path of leaves(claims())) {
      if (bindsNothing.has(path.join('.'))) continue
      for (const leaf of [other, null, '', '2020-01-01T00:00:00.000Z']) {
        await store(JSON.stringify(withLeaf(claims(), path, leaf)))
        const error = await rejection(requireTicket(mine, subject))
        expect(error, `${path.join('.')} = ${leaf}`).toMatchObject({ code: 'illegal_transition' })
      }
    }
  })
})
