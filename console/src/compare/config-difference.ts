import { leaves } from '../job/spec-lines.ts'

export interface ConfigRow {
  path: string
  /** One per job; undefined: the job lacks the key. */
  values: (string | undefined)[]
  differs: boolean
}

/** Every key of several recipes with its values side by side, in the order of the first recipe that has it. */
export function configRows(specs: readonly unknown[]): ConfigRow[] {
  const maps = specs.map(leaves)
  const paths = new Set(maps.flatMap((map) => [...map.keys()]))
  return [...paths].map((path) => {
    const values = maps.map((map) => map.get(path))
    return { path, values, differs: values.some((value) => value !== values[0]) }
  })
}
