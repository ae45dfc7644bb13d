import type * as z from 'zod'
import { type Breach, Fault, invalid } from './fault.ts'
import { knownKeys, nearest } from './known-keys.ts'

/** Parses `input` or throws Fault `invalid` that names every breach by JSON pointer with a remedy. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string): z.infer<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw invalid(what, breachesOf(schema, result.error.issues))
}

/** Parses a stored JSON document or throws Fault `corrupt` naming where it is kept and every breach. */
export function parseStored<Schema extends z.ZodType>(
  schema: Schema,
  document: Uint8Array | string,
  key: string,
): z.infer<Schema> {
  const text = typeof document === 'string' ? document : new TextDecoder().decode(document)
  try {
    return parse(schema, JSON.parse(text), key)
  } catch (cause) {
    const { message, errors = [] } = cause as Fault
    const where = errors.map((breach) => `${breach.pointer} ${breach.message}`)
    throw new Fault('corrupt', [`${key} cannot be read: ${message}`, ...where].join('; '), { errors, cause })
  }
}

/** One breach per issue of `schema`, with `base` before its pointer; a union is reported through the branch that came closest. */
export function breachesOf(schema: z.ZodType, issues: z.core.$ZodIssue[], base: PropertyKey[] = []): Breach[] {
  return breachesAt(issues, []).map(({ path, ...breach }) => {
    const unknown = breach.code === 'unknown_key'
    const meant = unknown ? nearest(String(path.at(-1)), knownKeys(schema, path.slice(0, -1))) : undefined
    const remedy = meant ? `Did you mean "${meant}"?` : breach.remedy
    return { pointer: pointer([...base, ...path]), ...breach, remedy }
  })
}

type PlacedBreach = Omit<Breach, 'pointer'> & { path: PropertyKey[] }

function breachesAt(issues: z.core.$ZodIssue[], at: PropertyKey[]): PlacedBreach[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path]
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key]))
    if (issue.code === 'invalid_union' && issue.errors.length > 0) return breachesAt(closest(issue.errors), path)
    if (issue.code === 'invalid_key') return breachesAt(issue.issues, path)
    return [{ path, code: issue.code, message: issue.message, remedy: remedyFor(issue) }]
  })
}

/** RFC 6901. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function unknownKey(path: PropertyKey[]): PlacedBreach {
  const name = String(path.at(-1))
  return {
    path,
    code: 'unknown_key',
    message: `"${name}" is not a known key`,
    remedy: `Remove "${name}" or correct its spelling.`,
  }
}

/** The branch that was read deepest before it failed, of those the one with the fewest issues; the wrong type at once is farthest. */
function closest(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  const depth = (issues: z.core.$ZodIssue[]) =>
    issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0)
      ? -1
      : Math.max(...issues.map((issue) => issue.path.length))
  const nearer = (a: z.core.$ZodIssue[], b: z.core.$ZodIssue[]) => depth(b) - depth(a) || a.length - b.length
  return branches.toSorted(nearer)[0] ?? []
}

function remedyFor(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `Give a value of type ${issue.expected}.`
    case 'too_small':
      return issue.inclusive === false ? `Give more than ${issue.minimum}.` : `Give at least ${issue.minimum}.`
    case 'too_big':
      return issue.inclusive === false ? `Give less than ${issue.maximum}.` : `Give at most ${issue.maximum}.`
    case 'invalid_value':
      return `Use one of: ${issue.values.map(String).join(', ')}.`
    case 'invalid_union':
      return 'discriminator' in issue
        ? `Give "${issue.discriminator}" one of its allowed values.`
        : 'Give one of the allowed forms.'
    default:
      return 'Correct the value as the message says.'
  }
}
