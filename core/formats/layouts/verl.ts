import type { Breach } from '../../platform/fault.ts'
import { pointer } from '../../platform/parse.ts'
import { commonOf, readCommon } from './common-fields.ts'
import { breach, type Fields, inexpressible, isFields, type Layout, otherFormat } from './layout.ts'
import { isMessageList, readMessages } from './message-list.ts'

const known = ['data_source', 'prompt', 'ability', 'reward_model', 'extra_info']
const styleKey = 'reward_model.style'

/**
 * verl's rows: `data_source` is the task, `reward_model.ground_truth` the answer, `extra_info.rationale` the rationale; `ability`,
 * a style that is not `rule`, and the rest of `extra_info` are `meta`.
 */
export const verl: Layout = {
  shape: '{data_source, prompt: [messages], ability, reward_model: {style, ground_truth}, extra_info}',
  format: 'answer',
  seen: ({ prompt, reward_model }) =>
    Array.isArray(prompt) && isFields(reward_model) && 'ground_truth' in reward_model
      ? 'prompt, reward_model.ground_truth'
      : undefined,
  read(value) {
    const { fields, problems } = readCommon(value, known)
    const meta: Fields = isFields(fields.meta) ? fields.meta : {}
    const { rationale, ...extra } = isFields(value.extra_info) ? value.extra_info : {}
    for (const [key, each] of Object.entries({ ...extra, ...(isText(value.ability) && { ability: value.ability }) })) {
      if (typeof each === 'object' && each !== null) problems.push(nested(key))
      else if (Object.hasOwn(meta, key)) problems.push(twice(key))
      else meta[key] = each
    }
    const { style, ground_truth: truth } = isFields(value.reward_model) ? value.reward_model : {}
    if (isText(style) && style !== 'rule') meta[styleKey] = style
    const row: Fields = { ...fields, answer: typeof truth === 'number' ? String(truth) : truth }
    if (Object.keys(meta).length > 0) row.meta = meta
    if (isText(value.data_source)) row.task = value.data_source
    if (rationale !== undefined && rationale !== null) row.rationale = rationale
    row.prompt = isMessageList(value.prompt) ? readMessages(value.prompt, '/prompt', problems) : value.prompt
    return problems.length > 0 ? problems : row
  },
  write(row) {
    if (!('answer' in row)) return otherFormat('verl', 'answer')
    const { task, meta = {}, ...common } = commonOf(row) as { task?: string; meta?: Fields }
    const { ability, [styleKey]: style, ...extra } = meta
    if ('rationale' in extra)
      return inexpressible('verl', '"meta" has a "rationale" of its own', 'Rename the key in "meta".')
    if (ability !== undefined && !isText(ability)) extra.ability = ability
    if (style !== undefined && (!isText(style) || style === 'rule'))
      return inexpressible('verl', `"meta" has the key "${styleKey}"`, 'Rename the key in "meta".')
    const value: Fields = {
      ...(task !== undefined && { data_source: task }),
      prompt: typeof row.prompt === 'string' ? [{ role: 'user', content: row.prompt }] : row.prompt,
      ...(isText(ability) && { ability }),
      reward_model: { style: style ?? 'rule', ground_truth: row.answer },
      extra_info: { ...(row.rationale !== undefined && { rationale: row.rationale }), ...extra },
      ...common,
    }
    const notes = [
      ...(typeof row.prompt === 'string' ? ['a prompt of text becomes one message of the user'] : []),
      ...(task === undefined ? ['rows without a task get no data_source, which verl needs to choose a reward'] : []),
    ]
    return { value, ...(notes.length > 0 && { note: notes.join('; ') }) }
  },
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function nested(key: string): Breach {
  const message = 'holds a list or an object'
  return breach(
    pointer(['extra_info', key]),
    'nested_extra',
    message,
    'Remove it, or write what matters of it as text.',
  )
}

function twice(key: string): Breach {
  return breach(pointer(['extra_info', key]), 'duplicate_key', 'stands also elsewhere in the row', 'Keep one of them.')
}
