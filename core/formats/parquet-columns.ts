import { type FileMetaData, parquetSchema, type SchemaElement, type SchemaTree } from 'hyparquet'
import type { Breach } from '../platform/fault.ts'
import { pointer } from '../platform/parse.ts'

const refused: { [type: string]: string } = {
  DECIMAL: 'Cast it to text or to double.',
  BSON: 'Cast it to text.',
  INTERVAL: 'Remove it.',
  VARIANT: 'Cast it to text.',
  GEOMETRY: 'Remove it.',
  GEOGRAPHY: 'Remove it.',
}

/** Columns whose values would change or have no form in JSON; nested ones by their path. */
export function columnProblems(metadata: FileMetaData): Breach[] {
  const { children } = parquetSchema(metadata)
  return children.flatMap((child) => [...problemsIn(child)])
}

/** Columns whose values are JSON as they stand, nulls included. */
export function jsonColumns(metadata: FileMetaData): ReadonlySet<string> {
  const { children } = parquetSchema(metadata)
  return new Set(children.filter(({ element }) => typeOf(element) === 'JSON').map(({ element }) => element.name))
}

function* problemsIn({ element, children, path }: SchemaTree): Generator<Breach> {
  const type = typeOf(element)
  const remedy = refused[type]
  const name = path.join('.')
  if (remedy) yield breach(path, `column "${name}" is of type ${type}`, remedy)
  else if (path.includes('__proto__')) yield breach(path, `a column is called "${name}"`, 'Rename it.')
  for (const child of children) yield* problemsIn(child)
}

function breach(path: string[], message: string, remedy: string): Breach {
  return { pointer: pointer(['columns', ...path]), code: 'unsupported_column', message, remedy }
}

function typeOf({ logical_type, converted_type, type }: SchemaElement): string {
  return logical_type?.type ?? converted_type ?? type ?? 'STRUCT'
}
