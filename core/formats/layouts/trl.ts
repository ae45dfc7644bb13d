import type { Message, Prompt, Row } from '../../../schemas/rows.ts'
import type { Breach } from '../../platform/fault.ts'
import { commonOf, readCommon } from './common-fields.ts'
import { breach, type Fields, type Layout, otherFormat, type Written } from './layout.ts'
import { isMessageList, onlyReply, readMessages } from './message-list.ts'

const isText = (value: unknown) => typeof value === 'string'
const isEither = (value: unknown) => isText(value) || isMessageList(value)

/** TRL's prompt-completion, as text or as messages. */
export const trlPromptCompletion: Layout = {
  shape: '{prompt, completion} as text or as lists of messages',
  format: 'sft',
  seen: (value) => seenPair(value, !('label' in value)),
  read: (value) => readReplies(value, ['completion']),
  write: (row) =>
    'completion' in row && !('label' in row)
      ? written(row, ['completion'])
      : otherFormat('trl-prompt-completion', 'sft'),
}

/** TRL's unpaired preference (KTO): a completion with true or false. */
export const trlUnpaired: Layout = {
  shape: '{prompt, completion, label} as text or as lists of messages',
  format: 'feedback',
  seen: (value) => seenPair(value, typeof value.label === 'boolean', ', label'),
  read: (value) => readReplies(value, ['completion'], ['label']),
  write: (row) => ('label' in row ? written(row, ['completion'], ['label']) : otherFormat('trl-unpaired', 'feedback')),
}

/** TRL's preference; a prompt that is not given, or repeated, is what both conversations begin with. */
export const trlPreference: Layout = {
  shape: '{prompt?, chosen, rejected} as text or as lists of messages',
  format: 'preference',
  seen({ prompt, chosen, rejected }) {
    if (isMessageList(chosen) && isMessageList(rejected)) return 'chosen, rejected as lists of messages'
    return isEither(prompt) && isText(chosen) && isText(rejected) ? 'prompt, chosen, rejected' : undefined
  },
  read: (value) => readReplies(withPrompt(value), ['chosen', 'rejected']),
  write: (row) =>
    'chosen' in row ? written(row, ['chosen', 'rejected']) : otherFormat('trl-preference', 'preference'),
}

function seenPair({ prompt, completion }: Fields, isIt: boolean, more = ''): string | undefined {
  if (!isIt || !isEither(prompt) || !isEither(completion)) return undefined
  const form = isMessageList(completion) ? ' as lists of messages' : ''
  return `prompt, completion${more}${form}`
}

function readReplies(value: Fields, replies: readonly string[], others: readonly string[] = []): Fields | Breach[] {
  const { fields, problems } = readCommon(value, ['prompt', ...replies, ...others])
  const row: Fields = { ...fields }
  for (const field of others) if (field in value) row[field] = value[field]
  if ('prompt' in value)
    row.prompt = Array.isArray(value.prompt) ? readMessages(value.prompt, '/prompt', problems) : value.prompt
  for (const field of replies) {
    const reply = value[field]
    if (!Array.isArray(reply)) {
      if (reply !== undefined) row[field] = reply
      continue
    }
    const text = onlyReply(readMessages(reply, `/${field}`, problems))
    if (text === undefined) problems.push(notOneReply(field))
    row[field] = text
  }
  return problems.length > 0 ? problems : row
}

function withPrompt(value: Fields): Fields {
  const { prompt, chosen, rejected } = value
  if (!isMessageList(chosen) || !isMessageList(rejected) || Array.isArray(prompt)) return value
  const shared = sharedStart(chosen, rejected)
  const isRepeated = typeof prompt === 'string' && chosen[shared - 1]?.content === prompt
  if (shared === 0 || (typeof prompt === 'string' && !isRepeated)) return value
  return { ...value, prompt: chosen.slice(0, shared), chosen: chosen.slice(shared), rejected: rejected.slice(shared) }
}

/** How many messages are the same; each side keeps its last. */
function sharedStart(a: Fields[], b: Fields[]): number {
  const most = Math.min(a.length, b.length) - 1
  let shared = 0
  while (shared < most && JSON.stringify(a[shared]) === JSON.stringify(b[shared])) shared += 1
  return shared
}

function written(row: Row & { prompt: Prompt }, replies: readonly string[], others: readonly string[] = []): Written {
  const fields = row as unknown as Fields
  const asMessage = (text: unknown): Partial<Message>[] => [{ role: 'assistant', content: text as string }]
  const isConversation = Array.isArray(row.prompt)
  const value: Fields = { prompt: row.prompt }
  for (const field of replies) value[field] = isConversation ? asMessage(fields[field]) : fields[field]
  for (const field of others) value[field] = fields[field]
  return { value: { ...value, ...commonOf(row) } }
}

function notOneReply(field: string): Breach {
  const message = 'is not one plain message of the assistant'
  return breach(
    `/${field}`,
    'not_one_reply',
    message,
    'Move all but the last message into "prompt", or use messages rows.',
  )
}
