export interface SpecLine {
  depth: number
  /** Path as advice names it: `stages[0].hyperparameters.learning_rate`. */
  path: string
  key: string
  /** Empty where the value stands below. */
  value: string
}

/** A recipe as indented lines, one per key; a list of plain values is one line. */
export function specLines(value: unknown, depth = 0, path = ''): SpecLine[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => entry(`- ${index}`, each, depth, `${path}[${index}]`))
  return Object.entries(value as Record<string, unknown>).flatMap(([key, each]) =>
    entry(key, each, depth, path === '' ? key : `${path}.${key}`),
  )
}

/** Every leaf by its path. */
export function leaves(value: unknown): Map<string, string> {
  return new Map(
    specLines(value)
      .filter((line) => line.value !== '')
      .map((line) => [line.path, line.value]),
  )
}

function entry(key: string, value: unknown, depth: number, path: string): SpecLine[] {
  const isPlain = value === null || typeof value !== 'object'
  const isShort = Array.isArray(value) && value.every((each) => each === null || typeof each !== 'object')
  if (isPlain)
    return [{ depth, path, key, value: typeof value === 'string' && value !== '' ? value : JSON.stringify(value) }]
  if (isShort) return [{ depth, path, key, value: `[${value.join(', ')}]` }]
  const below = specLines(value, depth + 1, path)
  return [{ depth, path, key, value: below.length === 0 ? '{}' : '' }, ...below]
}
