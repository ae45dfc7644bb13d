import type { Row } from '../../../schemas/rows.ts'
import { digestJson } from '../../platform/digest.ts'

/** What a source row asks and what it answers, in its own words. */
export interface Question {
  question: string
  answer: string
  rationale?: string
  evidence?: string
  /** Of the four texts: rows that say the same are one question. */
  digest: string
  /** The row's id, where it has one. */
  id?: string
}

/** The question of a row, or why it cannot be one. Only conversations of one turn can: a template has its own turns. */
export function questionOf(row: Row): Question | { unusable: string } {
  const asked = askedBy(row)
  if (asked === undefined) return { unusable: 'has more than one turn, or none' }
  if ('label' in row && !row.label) return { unusable: 'has a reply that is labelled bad' }
  const answered = answeredBy(row)
  if (answered === undefined) return { unusable: 'has no reply of an assistant' }
  const said = { question: asked, ...answered, ...(row.evidence && { evidence: row.evidence }) }
  return { ...said, digest: digestJson(said), ...(row.id !== undefined && { id: row.id }) }
}

function askedBy(row: Row): string | undefined {
  const messages = 'messages' in row ? row.messages : row.prompt
  if (typeof messages === 'string') return messages
  const asked = messages.filter(({ role }) => role === 'user')
  return asked.length === 1 ? asked[0]?.content : undefined
}

function answeredBy(row: Row): { answer: string; rationale?: string } | undefined {
  if ('messages' in row) {
    const last = row.messages.at(-1)
    return last?.role === 'assistant' && last.content !== '' ? { answer: last.content } : undefined
  }
  if ('completion' in row) return { answer: row.completion }
  if ('chosen' in row) return { answer: row.chosen }
  return { answer: row.answer, ...(row.rationale && { rationale: row.rationale }) }
}
