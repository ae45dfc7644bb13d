import type { Message } from '../../../schemas/rows.ts'
import type { Breach } from '../../platform/fault.ts'
import { commonOf, readCommon } from './common-fields.ts'
import { breach, type Fields, inexpressible, isGiven, type Layout, otherFormat } from './layout.ts'
import { arePlain } from './message-list.ts'

const known = ['instruction', 'input', 'output', 'system', 'history']

/** Instruction, input and output (Stanford Alpaca), with LLaMA-Factory's `system` and `history` of pairs. */
export const alpaca: Layout = {
  shape: '{instruction, input?, output, system?, history?}',
  format: 'sft',
  seen: (value) => ('instruction' in value && 'output' in value ? 'instruction, output' : undefined),
  read(value) {
    const { fields, problems } = readCommon(value, known)
    const { instruction, input, output, system } = value
    for (const field of ['instruction', 'input', 'system'] as const)
      if (isGiven(value[field]) && typeof value[field] !== 'string') problems.push(notText(field))
    const turns = history(value.history, problems)
    if (problems.length > 0) return problems
    const question = isGiven(input) ? `${instruction}\n\n${input}` : instruction
    const before: unknown[] = isGiven(system) ? [{ role: 'system', content: system }, ...turns] : turns
    const prompt = before.length > 0 ? [...before, { role: 'user', content: question }] : question
    return { ...fields, prompt, completion: output }
  },
  write(row) {
    if (!('completion' in row) || 'label' in row) return otherFormat('alpaca', 'sft')
    const { prompt, completion: output } = row
    const rest = { output, ...commonOf(row) }
    if (typeof prompt === 'string') return { value: { instruction: prompt, input: '', ...rest } }
    const conversation = split(prompt)
    if (!conversation)
      return inexpressible(
        'alpaca',
        'its prompt is not pairs of user and assistant that end with the user',
        'Write it as trl-prompt-completion.',
      )
    const note = prompt.length === 1 ? { note: 'a prompt of one message comes back as text' } : {}
    return { value: { ...conversation, ...rest }, ...note }
  },
}

function history(value: unknown, problems: Breach[]): Fields[] {
  if (!isGiven(value)) return []
  const pairs = Array.isArray(value) ? value : [undefined]
  return pairs.flatMap((pair, i) => {
    if (Array.isArray(pair) && pair.length === 2 && pair.every((each) => typeof each === 'string'))
      return [
        { role: 'user', content: pair[0] },
        { role: 'assistant', content: pair[1] },
      ]
    const remedy = 'Write history as a list of [question, answer].'
    problems.push(breach(`/history/${i}`, 'bad_history', 'is not a pair of texts', remedy))
    return []
  })
}

function split(prompt: readonly Message[]): Fields | undefined {
  const system = prompt[0]?.role === 'system' && prompt[0].content !== '' ? prompt[0] : undefined
  const turns = system ? prompt.slice(1) : prompt
  const isInTurn = turns.every(({ role }, i) => role === (i % 2 === 0 ? 'user' : 'assistant'))
  const instruction = turns.at(-1)?.content
  if (!isInTurn || turns.length % 2 === 0 || !instruction || !arePlain(prompt)) return undefined
  const pairs: string[][] = []
  for (let i = 0; i + 1 < turns.length; i += 2)
    pairs.push([(turns[i] as Message).content, (turns[i + 1] as Message).content])
  return {
    instruction,
    input: '',
    ...(system && { system: system.content }),
    ...(pairs.length > 0 && { history: pairs }),
  }
}

function notText(field: string): Breach {
  return breach(`/${field}`, 'invalid_type', 'is not text', `Write "${field}" as text.`)
}
