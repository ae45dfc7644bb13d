import { describe, expect, it } from 'vitest'
import { countClarifications } from '../../../../core/data-factory/rollout-pool/clarifications.ts'
import type { Message } from '../../../../schemas/rows.ts'

const said = (content: string): Message[] => [
  { role: 'user', content: 'When does it leave?' },
  { role: 'assistant', content },
]

describe('countClarifications', () => {
  it.each([
    'Could you tell me which train you mean?',
    'Can you please specify the year?',
    'Which one do you mean, the red or the blue?',
    'Please clarify what the total covers.',
    'I need more information before I go on.',
    'I need to know which city this is about.',
    'Do you mean Paris in France or Paris in Texas?',
    "You haven't said when it starts, have you?",
    'Could you please provide the full wording of the query?',
    '[CLARIFY] the year',
    'Clarifying question: how many seats?',
    '请问您指的是哪一列火车？',
    '您能提供更多信息吗？',
    '请你先说明一下是哪一年。',
    '我还需要更多信息。',
    '【澄清】哪一年？',
  ])('counts %j', (text) => {
    expect(countClarifications(said(text))).toBe(1)
  })

  it.each([
    'It leaves at nine. Anything else?',
    'How many are left? Five take away three.',
    'Why does this work? Because both sides grow.',
    'Would you like another example?',
    'Can you see why?',
    'Could you imagine a larger number?',
    'Let me know if you need more information.',
    'The answer is 42. Could you tell me whether that helps?',
    'Could you tell me which one? In any case 3 + 4 = 7.',
    'He asked: "Could you clarify that?" and left.',
    'She said “请问您指的是哪一个？” to him.',
    '```\nCould you tell me which file?\n```',
    '\\boxed{4} Please clarify if you want decimals.',
    'What do these numbers mean? They are primes.',
    '答案是 5。请问您指的是哪一个？',
    '为什么呢？因为两边相等。',
    '',
  ])('does not count %j', (text) => {
    expect(countClarifications(said(text))).toBe(0)
  })

  it('counts turns, not messages or questions, and nobody but the assistant', () => {
    const ask: Message = { role: 'assistant', content: 'Could you tell me which train? Could you tell me when?' }
    const user: Message = { role: 'user', content: 'Could you tell me which ones there are?' }
    expect(countClarifications([user, ask, user, ask, ask, user])).toBe(2)
    expect(countClarifications([user, ask, { role: 'tool', content: 'x' }, ask])).toBe(1)
    expect(countClarifications([user, ask, { role: 'assistant', content: 'The answer is 3.' }])).toBe(0)
    expect(countClarifications([user, { role: 'system', content: 'Could you tell me which?' }])).toBe(0)
    expect(countClarifications([])).toBe(0)
  })
})
