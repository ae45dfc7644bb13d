import type { Row } from '../../../schemas/rows.ts'
import type { Breach } from '../../platform/fault.ts'
import { pointer } from '../../platform/parse.ts'
import { breach, type Fields, isFields } from './layout.ts'

const texts = ['task', 'template', 'role', 'style', 'evidence']
const own = ['id', ...texts, 'needs_clarification', 'meta']

/**
 * What a row says of itself beside the layout's own fields: `id`, `task` and the like as they are, other scalars into `meta`. Fault
 * by name for lists and objects, which have no place. Null is absence.
 */
export function readCommon(value: Fields, known: readonly string[]): { fields: Fields; problems: Breach[] } {
  const fields: Fields = {}
  const meta: Fields = isFields(value.meta) ? { ...value.meta } : {}
  const problems: Breach[] = []
  for (const [key, each] of Object.entries(value)) {
    if (known.includes(key) || (key === 'meta' && isFields(each)) || each === null) continue
    if (key === 'id' && (typeof each === 'string' || typeof each === 'number')) fields.id = String(each)
    else if (texts.includes(key) && typeof each === 'string') fields[key] = each
    else if (key === 'needs_clarification' && typeof each === 'boolean') fields[key] = each
    else if (typeof each === 'object') problems.push(noPlace(key))
    else if (Object.hasOwn(meta, key)) problems.push(twice(key))
    else meta[key] = each
  }
  if (Object.keys(meta).length > 0) fields.meta = meta
  return { fields, problems }
}

/** The fields that `readCommon` reads back. */
export function commonOf(row: Row): Fields {
  return Object.fromEntries(Object.entries(row).filter(([key]) => own.includes(key)))
}

function noPlace(key: string): Breach {
  const remedy = `Remove "${key}", or write what matters of it as text.`
  return breach(pointer([key]), 'nested_extra', `has the field "${key}", which holds a list or an object`, remedy)
}

function twice(key: string): Breach {
  return breach(pointer([key]), 'duplicate_key', `has "${key}" both beside and inside "meta"`, 'Keep one of them.')
}
