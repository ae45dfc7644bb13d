import type * as z from 'zod'

/** The known key that `name` most likely means: at most two edits away, and less than half of it; undefined when there is none. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((key) => ({ key, edits: editDistance(name.toLowerCase(), key.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best && best.edits <= 2 && best.edits * 2 < best.key.length ? best.key : undefined
}

/** The keys a schema knows at a path, over all branches of its unions. */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'object': {
      const [first, ...rest] = path
      if (first === undefined) return Object.keys(def.shape)
      const child = def.shape[String(first)]
      return child ? knownKeys(child, rest) : []
    }
    case 'array':
      return path.length === 0 ? [] : knownKeys(def.element, path.slice(1))
    case 'record':
      return path.length === 0 ? [] : knownKeys(def.valueType, path.slice(1))
    case 'union':
      return [...new Set(def.options.flatMap((option) => knownKeys(option, path)))]
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return knownKeys(def.innerType, path)
    default:
      return []
  }
}

/** Levenshtein's distance, where swapping two neighbours counts once. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i])
  const at = (i: number, j: number) => rows[i]?.[j] ?? (i === 0 ? j : Number.POSITIVE_INFINITY)
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1))
      ;(rows[i] as number[])[j] = swapped ? Math.min(best, at(i - 2, j - 2) + 1) : best
    }
  }
  return at(a.length, b.length)
}
