import fc from 'fast-check'
import type { Row, RowFormat } from '../../../schemas/rows.ts'

/** Any text without halves of characters, with what writers trip over. */
export const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    'a,b',
    '"q"',
    '\n',
    'x\r\ny',
    ' x ',
    '[1, 2]',
    '{"a": 1}',
    '[{"role":"user","content":"x"}]',
    '#### 5',
    '\ufeff',
    'true',
    '1',
    '\u0000',
    '\u2028',
  ),
)
const filled = fc.oneof(
  text.filter((value) => value.length > 0),
  fc.constant('f'),
)

const call = fc
  .record(
    { id: filled, function: fc.record({ name: filled, arguments: fc.constantFrom('{}', '{"a":1}', 'no json') }) },
    { requiredKeys: ['function'] },
  )
  .map(({ id, function: each }) => ({ ...(id !== undefined && { id }), type: 'function' as const, function: each }))
const plainMessage = fc.record({ role: fc.constantFrom('system', 'user', 'assistant', 'tool'), content: text })
const message = fc.oneof(
  { weight: 4, arbitrary: plainMessage },
  {
    weight: 1,
    arbitrary: fc.record({
      role: fc.constant('assistant'),
      content: text,
      tool_calls: fc.array(call, { minLength: 1, maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ role: fc.constant('tool'), content: text, name: filled, tool_call_id: filled }) },
)
const prompt = fc.oneof(filled, fc.array(message, { minLength: 1, maxLength: 4 }))
const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
  fc.boolean(),
  fc.constant(null),
)
const key = fc.constantFrom('source', 'tools', 'ability', 'rationale', 'reward_model.style', 'a b', 'level', 'x.y')
const meta = fc.dictionary(key, scalar, { minKeys: 1, maxKeys: 3 }).map((each) => ({ ...each }))

const common = {
  id: filled,
  task: filled,
  template: filled,
  role: text,
  style: filled,
  evidence: filled,
  needs_clarification: fc.boolean(),
  meta,
}
const formats = {
  sft: { prompt, completion: filled },
  messages: { messages: fc.array(message, { minLength: 2, maxLength: 5 }) },
  preference: { prompt, chosen: filled, rejected: filled },
  feedback: { prompt, completion: filled, label: fc.boolean() },
  answer: { prompt, answer: filled, rationale: filled },
}

/** Canonical rows of a format, with and without every optional field. */
export function rowOf(format: RowFormat): fc.Arbitrary<Row> {
  const fields: { [field: string]: fc.Arbitrary<unknown> } = { ...common, ...formats[format] }
  const requiredKeys = Object.keys(formats[format]).filter((name) => name !== 'rationale')
  return fc.record(fields, { requiredKeys }).map((row) => {
    const { meta: extra, ...rest } = row as { meta?: object }
    return { ...rest, ...(extra && { meta: extra }) } as unknown as Row
  })
}

/** Up to `most` rows of one format. */
export function rowsOf(most: number): fc.Arbitrary<{ format: RowFormat; rows: Row[] }> {
  return fc
    .constantFrom(...(Object.keys(formats) as RowFormat[]))
    .chain((format) => fc.array(rowOf(format), { minLength: 1, maxLength: most }).map((rows) => ({ format, rows })))
}
