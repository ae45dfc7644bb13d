import type { Message, Prompt, Row } from '../../schemas/rows.ts'

const wordPattern =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}])+/gu

/** Message contents joined by newlines, answers and completions included; GSM8K calculator annotations stripped. */
export function renderRow(row: Row): string {
  return stripAnnotations([...questionParts(row), ...answerParts(row)].join('\n'))
}

/** What an evaluation item asks, without its answer. */
export function renderQuestion(row: Row): string {
  return stripAnnotations(questionParts(row).join('\n'))
}

/** What is said in reply: the last message, the completion, both sides of a pair, or rationale and answer. */
export function renderAnswer(row: Row): string {
  return stripAnnotations(answerParts(row).join('\n'))
}

/** The conversation before the reply, as messages. */
export function promptMessages(row: Row): Message[] {
  if ('messages' in row) return row.messages
  return typeof row.prompt === 'string' ? [{ role: 'user', content: row.prompt }] : row.prompt
}

/** Lower-case words: each Han or kana character alone, else runs of letters and digits. */
export function words(text: string): string[] {
  return text.toLowerCase().match(wordPattern) ?? []
}

function questionParts(row: Row): string[] {
  if ('messages' in row) return row.messages.slice(0, -1).map((message) => message.content)
  return promptParts(row.prompt)
}

function answerParts(row: Row): string[] {
  if ('messages' in row) return row.messages.slice(-1).map((message) => message.content)
  if ('completion' in row) return [row.completion]
  if ('chosen' in row) return [row.chosen, row.rejected]
  return row.rationale === undefined ? [row.answer] : [row.rationale, row.answer]
}

function promptParts(prompt: Prompt): string[] {
  return typeof prompt === 'string' ? [prompt] : prompt.map((message) => message.content)
}

/** GSM8K's calculator marks, `<<48/2=24>>`, are no text of the sample. */
export function stripAnnotations(text: string): string {
  return text.includes('<<') ? text.replace(/<<[^<>]*>>/g, '') : text
}
