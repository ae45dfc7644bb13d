import { commonOf, readCommon } from './common-fields.ts'
import { breach, inexpressible, type Layout, otherFormat } from './layout.ts'

const mark = '#### '

/** GSM8K: the answer stands behind `#### `, the worked solution before it. */
export const gsm8k: Layout = {
  shape: '{question, answer: "solution\\n#### answer"}',
  format: 'answer',
  seen: ({ question, answer }) =>
    typeof question === 'string' && typeof answer === 'string' && answer.includes(mark)
      ? `question, answer with "${mark}"`
      : undefined,
  read(value) {
    const { fields, problems } = readCommon(value, ['question', 'answer'])
    const text = value.answer
    const at = typeof text === 'string' ? text.lastIndexOf(mark) : -1
    if (typeof text !== 'string' || at === -1)
      problems.push(breach('/answer', 'no_mark', `has no "${mark}"`, `Write the final answer behind "${mark}".`))
    if (problems.length > 0) return problems
    const [before, after] = [(text as string).slice(0, at), (text as string).slice(at + mark.length)]
    const rationale = before === '' ? {} : { rationale: before.endsWith('\n') ? before.slice(0, -1) : before }
    return { ...fields, prompt: value.question, answer: after.trim(), ...rationale }
  },
  write(row) {
    if (!('answer' in row)) return otherFormat('gsm8k', 'answer')
    const { prompt, answer, rationale } = row
    if (typeof prompt !== 'string')
      return inexpressible('gsm8k', 'its prompt is a list of messages', 'Write it as verl.')
    if (answer.trim() !== answer || answer.includes(mark))
      return inexpressible('gsm8k', `its answer holds "${mark}" or outer white space`, 'Trim the answer.')
    const solution = rationale === undefined ? '' : `${rationale}\n`
    return { value: { question: prompt, answer: `${solution}${mark}${answer}`, ...commonOf(row) } }
  },
}
