/** Names of slots that templates for training data use. `{name}` alone is as likely code. */
const slots =
  'question|answer|input|output|context|instruction|instructions|response|prompt|user_input|user_query|query|document|passage|topic|solution|text_here|your_text|conversation|system_prompt'
/** Not after a command or an index of LaTeX (`\text{answer}`, `x_{input}`), nor in a string of a program. */
const braces = new RegExp(`(?<![\\w\\\\$^_}"'\`/])\\{{1,2} ?(?:${slots}) ?\\}{1,2}(?!["'\`\\w/])`, 'i')
const doubleBraces = /(?<![\w\\^_}"'`/{])\{\{ ?[a-z][a-z0-9_.]{2,40} ?\}\}(?!["'`}])/i
const angles =
  /<(?:insert|your|enter|add|fill)[ _-][^<>\n]{1,60}>|\[(?:insert|your|enter|fill in)[ _-][^[\]\n]{1,60}\](?!\()/i
const lorem = /\blorem ipsum\b/i
const todo = /^[ \t]*(?:TODO|TBD|FIXME)(?:[:.!]|[ \t]*$)/m
const fence = /```[\s\S]*?(?:```|$)/g
const inline = /`[^`\n]*`/g

/**
 * An unfilled slot of a template outside of code, or undefined. `TODO` at the start of a line counts in answers only: a
 * question may well be about one.
 */
export function findPlaceholder(text: string, isAnswer: boolean): string | undefined {
  const braced = text.includes('{')
  const marked = text.includes('<') || text.includes('[')
  const mayBeLorem = /ipsum/i.test(text)
  const mayBeTodo = isAnswer && /TODO|TBD|FIXME/.test(text)
  if (!braced && !marked && !mayBeLorem && !mayBeTodo) return undefined
  const prose = text.includes('`') ? text.replace(fence, ' ').replace(inline, ' ') : text
  const match =
    (braced && (braces.exec(prose) ?? doubleBraces.exec(prose))) ||
    (marked && angles.exec(prose)) ||
    (mayBeLorem && lorem.exec(prose)) ||
    (mayBeTodo && todo.exec(prose))
  return match ? match[0].trim() : undefined
}
