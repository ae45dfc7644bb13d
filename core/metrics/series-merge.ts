/** Rows as they were logged, or merged before. */
export interface StepsAndTimes {
  steps: Float64Array
  times: Float64Array
}

/** Values of one metric of one source, by row of that source. */
export interface Entries {
  /** Ascending; undefined: value i stands in row i. */
  rows: Uint32Array | undefined
  values: Float64Array
}

export interface MergedSteps extends StepsAndTimes {
  /** For each source, the merged row of each of its rows. */
  maps: Uint32Array[]
}

/** One row per step, in step order, from sources in the order in which they were logged. The time is that of the first row of the step. */
export function mergeSteps(sources: readonly StepsAndTimes[]): MergedSteps {
  const logged = concatenated(sources.map(({ steps }) => steps))
  const loggedTimes = concatenated(sources.map(({ times }) => times))
  const order = stepOrder(logged)
  const steps = new Float64Array(logged.length)
  const times = new Float64Array(logged.length)
  const map = new Uint32Array(logged.length)
  let rows = 0
  for (const place of order) {
    const step = logged[place] as number
    if (rows === 0 || steps[rows - 1] !== step) {
      steps[rows] = step
      times[rows] = loggedTimes[place] as number
      rows += 1
    }
    map[place] = rows - 1
  }
  let from = 0
  const maps = sources.map((source) => {
    from += source.steps.length
    return map.subarray(from - source.steps.length, from)
  })
  return { steps: steps.slice(0, rows), times: times.slice(0, rows), maps }
}

/** The values of one metric in merged rows; of several in one row the one that was logged last. */
export function mergeEntries(sources: readonly { map: Uint32Array; entries: Entries }[], rows: number): Entries {
  const count = sources.reduce((sum, { entries }) => sum + entries.values.length, 0)
  const at = new Uint32Array(count)
  const values = new Float64Array(count)
  let next = 0
  for (const { map, entries } of sources)
    for (let i = 0; i < entries.values.length; i++) {
      at[next] = map[entries.rows === undefined ? i : (entries.rows[i] as number)] as number
      values[next] = entries.values[i] as number
      next += 1
    }
  return lastOfEach(at, values, rows)
}

/** Rows and values with one value per row, the last; without `rows` when every row has one. */
function lastOfEach(at: Uint32Array, values: Float64Array, rows: number): Entries {
  const order = stepOrder(at)
  const keptRows = new Uint32Array(order.length)
  const kept = new Float64Array(order.length)
  let count = 0
  for (const place of order) {
    if (count === 0 || keptRows[count - 1] !== at[place]) count += 1
    keptRows[count - 1] = at[place] as number
    kept[count - 1] = values[place] as number
  }
  return { rows: count === rows ? undefined : keptRows.slice(0, count), values: kept.slice(0, count) }
}

/** Places in ascending order of their numbers, equal ones in the order in which they stand. */
function stepOrder(numbers: Float64Array | Uint32Array): Uint32Array {
  const order = Uint32Array.from(numbers, (_, place) => place)
  const isSorted = numbers.every((number, i) => i === 0 || number >= (numbers[i - 1] as number))
  return isSorted ? order : order.sort((a, b) => (numbers[a] as number) - (numbers[b] as number) || a - b)
}

function concatenated(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0))
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  return all
}
