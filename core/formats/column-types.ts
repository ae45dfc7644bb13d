import type { SchemaElement } from 'hyparquet'
import type { Fields } from './layouts/layout.ts'

/** What a Parquet column holds; `json` where rows disagree or JSON says more than Parquet (null in an object, no fields). */
export type ColumnType =
  | { kind: 'none' | 'text' | 'boolean' | 'integer' | 'double' | 'json' }
  | { kind: 'list'; element: ColumnType }
  | { kind: 'struct'; fields: Map<string, ColumnType> }

const json: ColumnType = { kind: 'json' }
/** Its keys are anybody's. */
const alwaysJson = new Set(['meta'])

/** Learns the types of columns from rows. */
export function createColumnTypes() {
  const columns = new Map<string, ColumnType>()
  return {
    add(row: Fields) {
      for (const [column, value] of Object.entries(row))
        columns.set(
          column,
          alwaysJson.has(column) ? json : merged(columns.get(column) ?? { kind: 'none' }, typeOf(value)),
        )
    },
    types: (): Map<string, ColumnType> =>
      new Map([...columns].map(([column, type]) => [column, isExact(type) ? type : json])),
  }
}

/** The Parquet schema: every column optional, lists in three levels. */
export function schemaOf(columns: ReadonlyMap<string, ColumnType>): SchemaElement[] {
  const root: SchemaElement = { name: 'root', num_children: columns.size }
  return [root, ...[...columns].flatMap(([name, type]) => elementsOf(name, type))]
}

/** The value as the column holds it. */
export function columnValue(value: unknown, type: ColumnType): unknown {
  if (value === undefined) return undefined
  if (type.kind === 'integer') return BigInt(value as number)
  if (type.kind === 'list') return (value as unknown[]).map((each) => columnValue(each, type.element))
  if (type.kind !== 'struct') return value
  const fields = value as Fields
  return Object.fromEntries([...type.fields].map(([name, field]) => [name, columnValue(fields[name], field)]))
}

function typeOf(value: unknown): ColumnType {
  if (typeof value === 'string') return { kind: 'text' }
  if (typeof value === 'boolean') return { kind: 'boolean' }
  if (typeof value === 'number') return { kind: Number.isSafeInteger(value) ? 'integer' : 'double' }
  if (Array.isArray(value)) return { kind: 'list', element: value.map(typeOf).reduce(merged, { kind: 'none' }) }
  if (typeof value !== 'object' || value === null) return json
  return { kind: 'struct', fields: new Map(Object.entries(value).map(([name, each]) => [name, typeOf(each)])) }
}

function merged(a: ColumnType, b: ColumnType): ColumnType {
  if (a.kind === 'none') return b
  if (b.kind === 'none') return a
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', element: merged(a.element, b.element) }
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields)
    for (const [name, type] of b.fields) fields.set(name, merged(fields.get(name) ?? { kind: 'none' }, type))
    return { kind: 'struct', fields }
  }
  const numbers = ['integer', 'double']
  if (a.kind !== b.kind && numbers.includes(a.kind) && numbers.includes(b.kind)) return { kind: 'double' }
  return a.kind === b.kind ? a : json
}

/** Whether Parquet has a type for it all the way down. */
function isExact(type: ColumnType): boolean {
  if (type.kind === 'list') return isExact(type.element)
  if (type.kind === 'struct') return type.fields.size > 0 && [...type.fields.values()].every(isExact)
  return type.kind !== 'none' && type.kind !== 'json'
}

function elementsOf(name: string, type: ColumnType): SchemaElement[] {
  const repetition_type = 'OPTIONAL' as const
  switch (type.kind) {
    case 'list':
      return [
        { name, repetition_type, converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...elementsOf('element', type.element),
      ]
    case 'struct':
      return [
        { name, repetition_type, num_children: type.fields.size },
        ...[...type.fields].flatMap(([field, each]) => elementsOf(field, each)),
      ]
    case 'boolean':
      return [{ name, repetition_type, type: 'BOOLEAN' }]
    case 'integer':
      return [{ name, repetition_type, type: 'INT64' }]
    case 'double':
      return [{ name, repetition_type, type: 'DOUBLE' }]
    case 'text':
      return [{ name, repetition_type, type: 'BYTE_ARRAY', converted_type: 'UTF8' }]
    default:
      return [{ name, repetition_type, type: 'BYTE_ARRAY', converted_type: 'JSON' }]
  }
}
