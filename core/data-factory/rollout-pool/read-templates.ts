import type { Message, Row } from '../../../schemas/rows.ts'
import { digestJson } from '../../platform/digest.ts'
import { invalid } from '../../platform/fault.ts'
import { type PlaceholderName, placeholdersOf } from './placeholders.ts'
import { type PackRules, templateProblems } from './template-problems.ts'

/** A conversation with placeholders. */
export interface Template {
  id: string
  role: string
  style: string
  /** Only for questions of this task. */
  task?: string
  clarify: boolean
  messages: Message[]
  needs: ReadonlySet<PlaceholderName>
  digest: string
}

const maxErrors = 100

/** The templates of a pack, in order of id. Fault `invalid` with everything that is wrong in the pack, row by row, up to 100. */
export function readTemplates(rows: readonly Row[], rules: PackRules): Template[] {
  const errors = templateProblems(rows, rules)
  if (errors.length > 0) throw invalid('the template pack', errors.slice(0, maxErrors))
  return rows.map(toTemplate).sort((a, b) => (a.id < b.id ? -1 : 1))
}

function toTemplate(row: Row): Template {
  const { template, role, style, task, meta, messages } = row as Extract<Row, { messages: unknown }>
  return {
    id: template as string,
    role: role as string,
    style: style as string,
    ...(task !== undefined && { task }),
    clarify: meta?.clarify === true,
    messages,
    needs: placeholdersOf(messages) as Set<PlaceholderName>,
    digest: digestJson(row),
  }
}
