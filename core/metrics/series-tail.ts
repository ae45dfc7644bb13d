import type { Columns } from './columns.ts'
import type { Pyramid } from './pyramid.ts'
import { createGrowing, type Growing } from './series-growing.ts'
import { type Entries, mergeEntries, mergeSteps } from './series-merge.ts'
import { type Part, pointsInMemory } from './series-part.ts'

/** Rows that grow by chunks. A part taken from it never changes, whatever is added later. */
export interface Tail {
  add(chunks: readonly Columns[]): void
  part(): Part
  /** The step of the first line that was ever added; undefined while there is none. */
  firstStep(): number | undefined
  bytes(): number
}

interface GrowingColumn {
  rows: Growing | undefined
  values: Growing
  pyramid: Pyramid
}

export function createTail(): Tail {
  let steps = createGrowing('f64')
  let times = createGrowing('f64')
  let columns = new Map<string, GrowingColumn>()
  let firstStep: number | undefined

  function append(chunk: Columns): void {
    const before = steps.length
    steps.append(chunk.steps)
    times.append(chunk.times)
    for (const column of chunk.columns) appendEntries(columns, column.name, before, entriesOf(column))
    for (const column of columns.values()) noteHoles(column, steps.length)
  }

  /** Everything anew: earlier parts keep what they have. */
  function rebuild(chunks: readonly Columns[]): void {
    const known = asColumns(part())
    const sources = [known, ...chunks.map((chunk) => asEntries(chunk))]
    const merged = mergeSteps(sources)
    const names = new Set(sources.flatMap(({ entries }) => [...entries.keys()]))
    steps = createGrowing('f64', merged.steps)
    times = createGrowing('f64', merged.times)
    columns = new Map()
    for (const name of names) {
      const given = sources.flatMap(({ entries }, i) => {
        const own = entries.get(name)
        return own ? [{ map: merged.maps[i] as Uint32Array, entries: own }] : []
      })
      const { rows, values } = mergeEntries(given, merged.steps.length)
      columns.set(name, {
        rows: rows && createGrowing('u32', rows),
        values: createGrowing('f64', values),
        pyramid: [],
      })
    }
  }

  function part(): Part {
    const own = new Map([...columns].map(([name, column]) => [name, pointsOf(column)]))
    const [ownSteps, ownTimes] = [steps.numbers() as Float64Array, times.numbers() as Float64Array]
    return {
      steps: ownSteps,
      times: async () => ownTimes,
      names: () => [...own.keys()],
      points: async (name) => own.get(name),
    }
  }

  /** What `rebuild` needs of the own rows. */
  function asColumns({ steps: known }: Part): LoggedRows {
    const entries = new Map([...columns].map(([name, each]) => [name, entriesOfGrowing(each)]))
    return { steps: known, times: times.numbers() as Float64Array, entries }
  }

  return {
    add(chunks) {
      const logged = chunks.filter((chunk) => chunk.steps.length > 0)
      firstStep ??= logged[0]?.steps[0]
      if (ascend(logged, steps.last())) for (const chunk of logged) append(chunk)
      else rebuild(logged)
    },
    part,
    firstStep: () => firstStep,
    bytes: () => {
      let bytes = steps.bytes() + times.bytes()
      // A pyramid has about a sixth of its values' bytes.
      for (const { rows, values } of columns.values()) bytes += (rows?.bytes() ?? 0) + (values.bytes() * 7) / 6
      return bytes
    },
  }
}

interface LoggedRows {
  steps: Float64Array
  times: Float64Array
  entries: Map<string, Entries>
}

/** Whether all steps come in strictly ascending order behind `last`. */
function ascend(chunks: readonly Columns[], last: number | undefined): boolean {
  let before = last ?? Number.NEGATIVE_INFINITY
  for (const { steps } of chunks)
    for (const step of steps) {
      if (!(step > before)) return false
      before = step
    }
  return true
}

const asEntries = ({ steps, times, columns }: Columns): LoggedRows => ({
  steps,
  times,
  entries: new Map(columns.map((column) => [column.name, entriesOf(column)])),
})

function entriesOf({ values, present }: Columns['columns'][number]): Entries {
  if (present === undefined || present.every((each) => each === 1)) return { rows: undefined, values }
  const rows = Uint32Array.from(present.keys()).filter((row) => present[row] === 1)
  return { rows, values: Float64Array.from(rows, (row) => values[row] as number) }
}

const entriesOfGrowing = ({ rows, values }: GrowingColumn): Entries => ({
  rows: rows?.numbers() as Uint32Array | undefined,
  values: values.numbers() as Float64Array,
})

function appendEntries(columns: Map<string, GrowingColumn>, name: string, before: number, entries: Entries): void {
  const column = columns.get(name) ?? { rows: undefined, values: createGrowing('f64'), pyramid: [] }
  columns.set(name, column)
  if (column.rows === undefined && (column.values.length < before || entries.rows !== undefined))
    column.rows = createGrowing(
      'u32',
      Uint32Array.from({ length: column.values.length }, (_, row) => row),
    )
  column.values.append(entries.values)
  column.rows?.append(Uint32Array.from(entries.values, (_, i) => before + (entries.rows?.[i] ?? i)))
}

/** A column that had every row and lacks the newest gets row numbers. */
function noteHoles(column: GrowingColumn, rows: number): void {
  if (column.rows === undefined && column.values.length < rows)
    column.rows = createGrowing(
      'u32',
      Uint32Array.from({ length: column.values.length }, (_, row) => row),
    )
}

function pointsOf({ rows, values, pyramid }: GrowingColumn) {
  return pointsInMemory(values.numbers() as Float64Array, rows?.numbers() as Uint32Array | undefined, pyramid)
}
