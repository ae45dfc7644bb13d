import { describe, expect, it } from 'vitest'
import { readTemplates } from '../../../../core/data-factory/rollout-pool/read-templates.ts'
import type { Fault } from '../../../../core/platform/fault.ts'
import type { Row } from '../../../../schemas/rows.ts'
import { caught } from '../../support/caught.ts'

const thrown = (act: () => unknown) => caught(act) as Fault

const rules = { max_turns: 2, clarify_rate: 0.3, tools: ['wiki'] }
const user = (content: string) => ({ role: 'user' as const, content })
const assistant = (content: string) => ({ role: 'assistant' as const, content })
const plain: Row = { template: 'p', role: 'r', style: 's', messages: [user('{question}'), assistant('{answer}')] }
const clarifying: Row = {
  template: 'c',
  role: 'r',
  style: 's',
  meta: { clarify: true },
  messages: [user('Help me.'), assistant('Could you tell me what it says?'), user('{question}'), assistant('{answer}')],
}

function problems(rows: Row[], given = rules): string[] {
  return thrown(() => readTemplates(rows, given)).errors.map(({ pointer, code }) => `${pointer} ${code}`)
}

describe('readTemplates', () => {
  it('reads a sound pack in order of id', () => {
    const templates = readTemplates([plain, clarifying], rules)
    expect(templates.map(({ id, clarify }) => [id, clarify])).toEqual([
      ['c', true],
      ['p', false],
    ])
    expect([...(templates[1]?.needs ?? [])].sort()).toEqual(['answer', 'question'])
  })

  it('gives a template another digest when a word changes', () => {
    const digest = (row: Row) => readTemplates([row, clarifying], rules).find(({ id }) => id === 'p')?.digest
    const other: Row = { ...plain, messages: [user('{question}!'), assistant('{answer}')] }
    expect(digest(plain)).toBe(digest({ ...plain }))
    expect(digest(plain)).not.toBe(digest(other))
  })

  it('names everything that is wrong at once', () => {
    const bad: Row = {
      template: 'p',
      role: '',
      messages: [
        user('{questoin}'),
        assistant('a'),
        user('b'),
        { ...assistant('{tools}'), tool_calls: [{ type: 'function', function: { name: 'calc', arguments: '{}' } }] },
        user('c'),
      ],
    }
    const rows: Row[] = [plain, bad, { prompt: '{question}', completion: '{answer}' }]
    expect(problems(rows, { ...rules, tools: [] })).toEqual([
      '/rows/2/role missing',
      '/rows/2/style missing',
      '/rows/2/messages unknown_placeholder',
      '/rows/2/messages no_question',
      '/rows/2/messages no_tools',
      '/rows/2/messages no_reply',
      '/rows/2/messages too_many_turns',
      '/rows/2/messages unknown_tool',
      '/rows/2/template repeated',
      '/rows/3 not_messages',
      '/rows incomplete_pack',
    ])
  })

  it('wants a question in the words of the user, and a reply in those of the assistant', () => {
    const asked: Row = {
      ...plain,
      messages: [{ role: 'system', content: '{question}' }, user('Go'), assistant('{answer}')],
    }
    const mute: Row = { ...plain, messages: [user('{question}'), assistant('Fine.')] }
    expect(problems([asked, clarifying])).toEqual(['/rows/1/messages no_question'])
    expect(problems([mute, clarifying])).toEqual(['/rows/1/messages no_reply'])
  })

  it('wants clarification to be marked, asked and answered', () => {
    const { meta: _meta, ...unmarked } = clarifying
    expect(problems([plain, clarifying, { ...unmarked, template: 'u' }])).toEqual(['/rows/3/meta not_marked'])
    expect(problems([plain, { ...plain, template: 'm', meta: { clarify: true } }])).toEqual([
      '/rows/2/messages asks_nothing',
    ])
    const unanswered: Row = {
      ...clarifying,
      messages: [user('{question}'), assistant('Could you tell me which one?'), assistant('{answer}')],
    }
    expect(problems([plain, unanswered])).toEqual(['/rows/2/messages no_answer_to_it'])
  })

  it('wants the kinds of template that the rate needs', () => {
    expect(problems([plain])).toEqual(['/rows incomplete_pack'])
    expect(problems([clarifying])).toEqual(['/rows incomplete_pack'])
    expect(problems([])).toEqual(['/rows incomplete_pack'])
    expect(readTemplates([plain], { ...rules, clarify_rate: 0 })).toHaveLength(1)
    expect(readTemplates([clarifying], { ...rules, clarify_rate: 1 })).toHaveLength(1)
  })

  it('stops listing after 100 problems', () => {
    expect(problems(Array.from({ length: 300 }, () => ({ messages: [user('a'), user('b')] })))).toHaveLength(100)
  })
})
