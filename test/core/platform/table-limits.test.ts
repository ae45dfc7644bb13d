import { describe, expect, it } from 'vitest'
import type { BusinessEvent } from '../../../core/platform/business-events.ts'
import { checkDraft } from '../../../core/platform/table-limits.ts'

const draft = { pk: 'p', sk: 's', data: {} }
const event: BusinessEvent = { id: '1', type: 'job.changed.v1', time: 't', subject: 's', data: {} }

describe('the size of an item', () => {
  it('counts what every item carries: keys, version, data and the token of its write', () => {
    // pk + 1, sk + 1, version + 3, data + an empty map, token + 16
    expect(checkDraft(draft, undefined)).toBe(3 + 3 + 10 + 7 + 21)
  })

  it('counts the data of an event as the JSON text that is stored', () => {
    const more = { ...event, data: { text: 'é"' } }
    expect(checkDraft(draft, more) - checkDraft(draft, event)).toBe(
      Buffer.byteLength(JSON.stringify(more.data)) - Buffer.byteLength('{}'),
    )
  })

  it('names the place in an event that cannot be stored', () => {
    const bad = { ...event, data: { rate: [Number.NaN] } }
    expect(() => checkDraft(draft, bad)).toThrow('/event/rate/0')
  })

  it('refuses a name of 64 KB inside the data, which DynamoDB has no place for', () => {
    const named = (bytes: number) => ({ ...draft, data: { outer: { ['n'.repeat(bytes)]: 1 } } })
    expect(() => checkDraft(named(65_535), undefined)).not.toThrow()
    expect(() => checkDraft(named(65_536), undefined)).toThrow('the name data/outer/nnn')
  })
})
