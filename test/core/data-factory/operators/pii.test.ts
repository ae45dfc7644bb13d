import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PiiKind } from '../../../../core/data-factory/operators/find-pii.ts'
import { maskArguments, maskText, type PiiCounts } from '../../../../core/data-factory/operators/mask-pii.ts'
import { createPii } from '../../../../core/data-factory/operators/pii.ts'
import { Pii, piiPatterns } from '../../../../schemas/operators.ts'
import type { Row } from '../../../../schemas/rows.ts'
import { piiValues } from './pii-values.ts'

const all: ReadonlySet<PiiKind> = new Set(piiPatterns)
const pii = (row: Row, config: Partial<Pii> = {}) => createPii(Pii.parse(config)).apply(row)
const mask = (text: string, counts: PiiCounts = new Map()) => maskText(text, all, counts)
const masks = (json: string) => maskArguments(json, all, new Map())

describe('masking', () => {
  it('writes the kind where the value was', () => {
    expect(mask('Mail a.b@c.org or call +44 20 7946 0958 from 8.8.8.8')).toBe(
      'Mail [EMAIL] or call [PHONE] from [IPV4]',
    )
    expect(mask('身份证11010519491231002X，卡4111111111111111，手机13812345678')).toBe(
      '身份证[CN_ID]，卡[CARD]，手机[CN_MOBILE]',
    )
  })

  it('is the same twice over, whatever stands side by side', () => {
    const values = fc.oneof(...Object.values(piiValues))
    const pieces = fc.array(fc.oneof(values, fc.constantFrom('@', '.', ' ', '-', '+1', '86', '12', 'a', 'sk-')), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(pieces, fc.constantFrom('', ' '), (parts, gap) => {
        const once = mask(parts.join(gap))
        expect(mask(once)).toBe(once)
      }),
      { seed: 5, numRuns: 5000 },
    )
  })
})

describe('masking arguments of tool calls', () => {
  it('masks strings as they read and numbers as strings, and spells the rest as it was', () => {
    expect(masks('{ "to":"a@b.io",  "big": 12345678901234567890, "x": 1.50e3 }')).toBe(
      '{ "to":"[EMAIL]",  "big": 12345678901234567890, "x": 1.50e3 }',
    )
    expect(masks('{"card": 4111111111111111, "n": [13812345678, -5]}')).toBe(
      '{"card": "[CARD]", "n": ["[CN_MOBILE]", -5]}',
    )
    expect(masks('{"to": "a\\u0040b.io\\nx@y.io"}')).toBe('{"to": "[EMAIL]\\n[EMAIL]"}')
    expect(masks('{"a@b.io": {"deep": ["\\"8.8.8.8\\""]}}')).toBe('{"[EMAIL]": {"deep": ["\\"[IPV4]\\""]}}')
    expect(masks('not json a@b.io')).toBe('not json [EMAIL]')
  })

  it('never turns JSON into something else', () => {
    const text = fc.oneof(fc.string(), ...Object.values(piiValues))
    const json = fc.jsonValue({ maxDepth: 3 }).chain((value) => text.map((more) => JSON.stringify({ value, more })))
    fc.assert(
      fc.property(json, (written) => {
        const masked = masks(written)
        expect(() => JSON.parse(masked)).not.toThrow()
        expect(masks(masked)).toBe(masked)
      }),
      { seed: 6, numRuns: 2000 },
    )
  })
})

describe('personal data in rows', () => {
  const mail = 'a@b.io'
  const call = { type: 'function' as const, function: { name: 'send', arguments: '{"to":"a@b.io"}' } }

  it('reaches every text and arguments of tool calls', () => {
    const rows: Row[] = [
      { prompt: mail, completion: mail, evidence: mail },
      { prompt: [{ role: 'user', content: mail }], chosen: mail, rejected: mail },
      { prompt: mail, answer: mail, rationale: mail },
      {
        messages: [
          { role: 'user', content: mail },
          { role: 'assistant', content: mail, tool_calls: [call] },
        ],
      },
      { prompt: [{ role: 'assistant', content: '', tool_calls: [call] }], completion: 'x', label: true },
    ]
    for (const row of rows) {
      const outcome = pii(row)
      expect(outcome).toMatchObject({ changed: 'pii_email' })
      expect(JSON.stringify(outcome).match(/\[EMAIL\]/g)?.length).toBe(JSON.stringify(row).match(/a@b\.io/g)?.length)
      expect(JSON.stringify(outcome)).not.toContain(mail)
    }
  })

  it('names the kinds and counts them', () => {
    expect(pii({ prompt: `${mail} and x@y.io`, completion: '8.8.8.8' })).toEqual({
      kept: { prompt: '[EMAIL] and [EMAIL]', completion: '[IPV4]' },
      changed: 'pii_email_ipv4',
      detail: 'email 2, ipv4 1',
    })
  })

  it('drops, notes, or looks for some patterns only', () => {
    const row = { prompt: mail, completion: 'ok' }
    expect(pii(row, { action: 'drop' })).toEqual({ dropped: 'pii_email', detail: 'email 1' })
    const noted = pii(row, { action: 'warn' })
    expect(noted).toEqual({ kept: row, noted: 'pii_email', detail: 'email 1' })
    expect((noted as { kept: unknown }).kept).toBe(row)
    expect(pii(row, { patterns: ['card'] })).toEqual({ kept: row })
  })

  it('hands the same object on when there is none', () => {
    const row = { prompt: 'What is 12 + 30?', completion: '42', meta: { mail } }
    expect((pii(row) as { kept: unknown }).kept).toBe(row)
  })
})
