export type Substitutions = Record<string, string>

const placeholder = /\$\{([^{}]*)\}/g

/** Values of the placeholders that a definition has. Throws an Error naming each that has no value: it would deploy as text. */
export function placeholdersOf(machine: string, definition: string, values: Substitutions): Substitutions {
  const names = [...new Set([...definition.matchAll(placeholder)].map(([, name]) => name as string))].toSorted()
  const missing = names.filter((name) => !Object.hasOwn(values, name))
  if (missing.length === 0) return Object.fromEntries(names.map((name) => [name, values[name] as string]))
  const known = Object.keys(values).toSorted().join(', ')
  throw new Error(`state-machines/${machine}.asl.json names ${missing.join(', ')}: the placeholders are ${known}`)
}
