export interface RowPart {
  label: string
  text: string
}

const fields = ['prompt', 'messages', 'completion', 'chosen', 'rejected', 'answer', 'rationale', 'label']

/** What a person reads of a canonical row, in order: messages by role, then the other fields. Other JSON is one part. */
export function rowParts(json: string): RowPart[] {
  const row = parsed(json)
  if (!row) return [{ label: 'row', text: json }]
  const known = fields.flatMap((field) => partsOf(field, row[field]))
  const rest = Object.entries(row).filter(([field, value]) => !fields.includes(field) && value !== undefined)
  return [...known, ...rest.flatMap(([field, value]) => partsOf(field, value))]
}

function partsOf(field: string, value: unknown): RowPart[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return [{ label: field, text: textOf(value) }]
  return value.flatMap((each) => {
    const { role, content, tool_calls: calls } = Object(each) as Record<string, unknown>
    if (typeof role !== 'string') return [{ label: field, text: textOf(each) }]
    const said = content === '' && calls ? [] : [{ label: role, text: textOf(content) }]
    return calls ? [...said, { label: `${role} calls`, text: textOf(calls) }] : said
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function parsed(json: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
