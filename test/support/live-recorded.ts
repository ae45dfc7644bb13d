import type { Recorded } from '../../core/jobs/play-rows.ts'

/** A row of a recording. */
export interface Row {
  step: number
  /** Seconds. */
  time: number
  attempt?: number
  data?: Record<string, number>
}

/** Stages of these rows, in memory. */
export function recorded(...stages: Row[][]): Recorded {
  return {
    stages: async () => stages.flatMap((rows, stage) => (rows.length > 0 ? [stage] : [])),
    async stage(_, index, attempt) {
      const rows = (stages[index] ?? []).filter((row) => attempt === undefined || row.attempt === attempt)
      if (rows.length === 0) return undefined
      const names = [...new Set(rows.flatMap(({ data = {} }) => Object.keys(data)))].sort()
      return {
        steps: Float64Array.from(rows, ({ step }) => step),
        times: Float64Array.from(rows, ({ time }) => time * 1000),
        attemptAt: (row) => rows[row]?.attempt ?? 1,
        names: () => names,
        column: async (name) =>
          names.includes(name)
            ? {
                name,
                values: Float64Array.from(rows, ({ data }) => data?.[name] ?? 0),
                present: Uint8Array.from(rows, ({ data }) => Number(data?.[name] !== undefined)),
              }
            : undefined,
      }
    },
  }
}

/** Rows at equal distances. */
export const every = (seconds: number, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({ step: i + 1, time: 1_000 + i * seconds, data: { loss: i / 2 } }))
