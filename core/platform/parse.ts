import type * as z from 'zod'
import { type Breach, Fault } from './fault.ts'

/** Parses `input` or throws Fault `invalid` that names every breach by JSON pointer with a remedy. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string): z.infer<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const errors = breachesOf(result.error.issues)
  throw new Fault('invalid', `${what}: ${errors.length} problem${errors.length === 1 ? '' : 's'}`, { errors })
}

/** One breach per issue; a union is reported through the branch that came closest. */
export function breachesOf(issues: z.core.$ZodIssue[], base: (string | number | symbol)[] = []): Breach[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path]
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key]))
    if (issue.code === 'invalid_union' && issue.errors.length > 0) return breachesOf(closest(issue.errors), path)
    return [{ pointer: pointer(path), code: issue.code, message: issue.message, remedy: remedyFor(issue) }]
  })
}

/** RFC 6901. */
export function pointer(path: readonly (string | number | symbol)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function unknownKey(path: (string | number | symbol)[]): Breach {
  const name = String(path.at(-1))
  return {
    pointer: pointer(path),
    code: 'unknown_key',
    message: `"${name}" is not a known key`,
    remedy: `Remove "${name}" or correct its spelling.`,
  }
}

function closest(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  const distance = (issues: z.core.$ZodIssue[]) =>
    issues.length - Math.max(0, ...issues.map((issue) => issue.path.length))
  return branches.reduce((best, branch) => (distance(branch) < distance(best) ? branch : best))
}

function remedyFor(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `Give a value of type ${issue.expected}.`
    case 'too_small':
      return `Give at least ${issue.minimum}.`
    case 'too_big':
      return `Give at most ${issue.maximum}.`
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
