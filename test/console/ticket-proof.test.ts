import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { boundThings } from '../../console/src/parts/bound-things.ts'
import { claimProblems, claimsOf, judgeSignature } from '../../console/src/proof/ticket.ts'
import type { Job } from '../../schemas/job.ts'
import { TicketClaims } from '../../schemas/ticket.ts'
import { digest } from './support/stub-answers.ts'

const claims = TicketClaims.parse({
  ticket: 'sluice.ticket/2',
  job: 'job-00000000000000000001',
  profile: 'prod',
  recipe: digest('1'),
  base_model: digest('2'),
  datasets: [
    { digest: digest('3'), merkle_root: digest('a') },
    { digest: digest('4'), merkle_root: digest('b') },
  ],
  weights: null,
  thresholds: digest('5'),
  reports: { round1: digest('6'), round2: digest('7') },
  shadow: { round1: digest('8'), round2: null },
  scorer_receipts: { round1: null, round2: null },
  image: null,
  code_version: '0.1.0',
  issued_at: '2026-11-21T02:00:00.000Z',
  expires_at: '2026-11-28T02:00:00.000Z',
})
const job = {
  id: claims.job,
  profile: 'prod',
  recipe: { name: 'math', version: 3, digest: digest('1') },
  base_model: { id: 'tiny', digest: digest('2') },
  datasets: {
    stages: [{ name: 'sums', digest: digest('3'), rows: 9 }],
    evaluation: { name: 'gsm8k', digest: digest('4'), rows: 9 },
  },
} as unknown as Job

const keys = generateKeyPairSync('ed25519')
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()
const payload = JSON.stringify(claims)
const ticket = {
  payload,
  key_id: 'local',
  signature: sign(null, Buffer.from(payload), keys.privateKey).toString('base64'),
}

describe('the signature of a ticket', () => {
  it('holds for every byte of the payload and the key of the server alone', async () => {
    const judge = async (change: Partial<typeof ticket>, key = keys.publicKey) =>
      (await judgeSignature({ ...ticket, ...change }, pem(key))).ok
    expect(await judge({})).toBe(true)
    expect(await judge({ payload: payload.replace('prod', 'prog') })).toBe(false)
    expect(await judge({ payload: `${payload} ` })).toBe(false)
    expect(await judge({}, generateKeyPairSync('ed25519').publicKey)).toBe(false)
    expect(await judge({ signature: ticket.signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) })).toBe(
      false,
    )
  })

  it('that cannot be read does not hold', async () => {
    expect((await judgeSignature({ ...ticket, signature: '%' }, pem(keys.publicKey))).ok).toBe(false)
    expect((await judgeSignature(ticket, 'no key')).ok).toBe(false)
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect((await judgeSignature(ticket, pem(publicKey))).ok).toBe(false)
  })

  it('is said to be unchecked by a browser that cannot', async () => {
    const { crypto } = globalThis
    onTestFinished(() => void Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true }))
    const pretend = (value: object) => Object.defineProperty(globalThis, 'crypto', { value, configurable: true })
    pretend({})
    expect(await judgeSignature(ticket, pem(keys.publicKey))).toMatchObject({
      ok: null,
      text: expect.stringContaining('plain HTTP'),
    })
    pretend({ subtle: { importKey: () => Promise.reject(new DOMException('no', 'NotSupportedError')) } })
    expect(await judgeSignature(ticket, pem(keys.publicKey))).toMatchObject({
      ok: null,
      text: expect.stringContaining('has no Ed25519'),
    })
  })
})

describe('the claims of a ticket', () => {
  it('are read when they are of the form that the page knows', () => {
    expect(claimsOf(ticket)).toEqual(claims)
    for (const text of ['{"ticket":"sluice.ticket/1"}', 'null', '{', '[]'])
      expect(claimsOf({ ...ticket, payload: text }), text).toBeUndefined()
  })

  it('cover the job, or it is said where they do not', () => {
    expect(claimProblems(claims, job)).toEqual([])
    const other = { ...claims, recipe: digest('9'), datasets: claims.datasets.slice(0, 1) }
    expect(claimProblems(other, job)).toEqual([
      `binds recipe ${digest('9')}, but the job has ${digest('1')}`,
      `does not bind dataset gsm8k ${digest('4')}`,
    ])
  })

  it('are all listed, with the names that the job has for them', () => {
    const shown = JSON.stringify(boundThings(claims, job, new Date('2026-11-22T00:00:00Z')))
    for (const [, value] of Object.entries(claims).filter(([name]) => !['ticket', 'job'].includes(name)))
      for (const found of JSON.stringify(value).match(/[0-9a-f]{64}/g) ?? []) expect(shown).toContain(found)
    for (const text of ['math version 3', 'dataset sums', 'dataset gsm8k', 'Sluice 0.1.0', 'a program of the machine'])
      expect(shown).toContain(text)
    expect(shown).not.toContain('expired')
    expect(JSON.stringify(boundThings(claims, job, new Date('2026-11-29T00:00:00Z')))).toContain('it has expired')
  })
})
