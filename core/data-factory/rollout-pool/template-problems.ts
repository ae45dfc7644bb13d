import type { Row } from '../../../schemas/rows.ts'
import type { Breach } from '../../platform/fault.ts'
import { conversationSize } from '../../text/describe-row.ts'
import { countClarifications } from './clarifications.ts'
import { fillMessages, placeholderNames, placeholdersOf } from './placeholders.ts'

export interface PackRules {
  max_turns: number
  clarify_rate: number
  tools: readonly string[]
}

type MessagesRow = Extract<Row, { messages: unknown }>

/** Everything that is wrong with the rows of a template pack, and with the pack as a whole. */
export function templateProblems(rows: readonly Row[], rules: PackRules): Breach[] {
  const rowOf = new Map<string, number>()
  const errors = rows.flatMap((row, i) => [...problemsOf(row, i + 1, rules), ...repeated(row, i + 1, rowOf)])
  return [...errors, ...packProblems(rows, rules)]
}

function problemsOf(row: Row, number: number, rules: PackRules): Breach[] {
  const problem = problemAt(number)
  if (!('messages' in row))
    return [problem('', 'not_messages', 'is no conversation', 'Write templates as messages rows: {"messages": [...]}.')]
  return [
    ...namingProblems(row, number),
    ...placeholderProblems(row, number, rules),
    ...talkProblems(row, number, rules),
  ]
}

function namingProblems(row: Row, number: number): Breach[] {
  const missing = (['template', 'role', 'style'] as const).filter((field) => !row[field])
  const problem = problemAt(number)
  return missing.map((field) =>
    problem(`/${field}`, 'missing', `has no ${field}`, `Give every template its "${field}".`),
  )
}

function placeholderProblems(row: MessagesRow, number: number, rules: PackRules): Breach[] {
  const problem = problemAt(number)
  const errors: Breach[] = []
  const used = placeholdersOf(row.messages)
  const known = placeholderNames.map((name) => `{${name}}`).join(', ')
  for (const name of used)
    if (!placeholderNames.some((each) => each === name))
      errors.push(problem('/messages', 'unknown_placeholder', `has {${name}}, which nothing fills`, `Use ${known}.`))
  if (!placeholdersOf(row.messages.filter(({ role }) => role === 'user')).has('question'))
    errors.push(
      problem('/messages', 'no_question', 'has no user message with {question}', 'Put {question} where it is asked.'),
    )
  if (used.has('tools') && rules.tools.length === 0)
    errors.push(
      problem('/messages', 'no_tools', 'has {tools}, and the pool has none', 'Name tools, or take {tools} out.'),
    )
  return errors
}

function talkProblems(row: MessagesRow, number: number, rules: PackRules): Breach[] {
  const problem = problemAt(number)
  const errors: Breach[] = []
  const { messages } = row
  const last = messages.at(-1)
  const lastUses = placeholdersOf(last ? [last] : [])
  if (last?.role !== 'assistant' || !(lastUses.has('answer') || lastUses.has('rationale')))
    errors.push(
      problem(
        '/messages',
        'no_reply',
        'does not end with the reply',
        'End with an assistant message with {answer} or {rationale}.',
      ),
    )
  const { turns } = conversationSize(row)
  if (!(turns <= rules.max_turns))
    errors.push(
      problem(
        '/messages',
        'too_many_turns',
        `has ${turns} turns of at most ${rules.max_turns}`,
        'Shorten it, or raise max_turns.',
      ),
    )
  for (const { tool_calls = [] } of messages)
    for (const { function: called } of tool_calls)
      if (!rules.tools.includes(called.name))
        errors.push(
          problem(
            '/messages',
            'unknown_tool',
            `calls "${called.name}"`,
            `Add it to tools (${rules.tools.join(', ') || 'none'}).`,
          ),
        )
  const asks = countClarifications(fillMessages(messages.slice(0, -1), sample))
  const clarifies = row.meta?.clarify === true
  if (clarifies && asks === 0)
    errors.push(
      problem(
        '/messages',
        'asks_nothing',
        'is marked meta.clarify, and no assistant turn before the reply asks the user',
        asking,
      ),
    )
  if (!clarifies && asks > 0)
    errors.push(problem('/meta', 'not_marked', 'asks the user back', 'Mark it "meta": {"clarify": true}.'))
  if (clarifies && asks > 0 && messages.at(-2)?.role !== 'user')
    errors.push(problem('/messages', 'no_answer_to_it', 'asks, and the user does not answer before the reply', asking))
  return errors
}

const asking = 'Let an assistant turn ask in words that are counted (see docs/data.md), and a user turn answer.'
const sample = { question: 'Q', evidence: 'E', tools: 'T', answer: 'The answer is 1.', rationale: 'The answer is 1.' }

function repeated(row: Row, number: number, rowOf: Map<string, number>): Breach[] {
  if (!row.template) return []
  const first = rowOf.get(row.template)
  if (first === undefined) {
    rowOf.set(row.template, number)
    return []
  }
  const what = `repeats the id "${row.template}" of row ${first}`
  return [problemAt(number)('/template', 'repeated', what, 'Give each template an id of its own.')]
}

function packProblems(rows: readonly Row[], { clarify_rate }: PackRules): Breach[] {
  const lacks = (message: string, remedy: string): Breach => ({
    pointer: '/rows',
    code: 'incomplete_pack',
    message,
    remedy,
  })
  if (rows.length === 0) return [lacks('the pack holds no templates', 'Give at least one.')]
  const clarifying = rows.filter((row) => row.meta?.clarify === true).length
  if (clarify_rate > 0 && clarifying === 0)
    return [
      lacks(
        `clarify_rate is ${clarify_rate}, and no template is marked meta.clarify`,
        'Add one, or set the rate to 0.',
      ),
    ]
  if (clarify_rate < 1 && clarifying === rows.length)
    return [
      lacks(
        `clarify_rate is ${clarify_rate}, and every template is marked meta.clarify`,
        'Add one that asks nothing back.',
      ),
    ]
  return []
}

function problemAt(number: number) {
  return (path: string, code: string, message: string, remedy: string): Breach => ({
    pointer: `/rows/${number}${path}`,
    code,
    message: `template row ${number} ${message}`,
    remedy,
  })
}
