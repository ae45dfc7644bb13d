import { computed, onScopeDispose, shallowReactive, watch } from 'vue'
import { canonicalMetrics } from '../../../schemas/canonical-metrics.ts'
import type { LiveMetrics } from '../../../schemas/live.ts'
import type { MetricBranch, MetricSeries } from '../../../schemas/metrics.ts'
import type { Problem } from '../../../schemas/problem.ts'
import { client } from '../api/client.ts'
import { toProblem } from '../api/problem.ts'
import { extentOf, type StepRange } from '../series/locate.ts'
import { appendRows, appendSeries, type MetricSet, metricSetOf } from '../series/metric-set.ts'
import { oncePerFrame } from '../state/once-per-frame.ts'

/** As many as a chart has room for. */
const buckets = 600
const familyNames = Object.entries(canonicalMetrics).flatMap(([name, metric]) => ('family' in metric ? [name] : []))

interface State {
  stage: number | undefined
  /** Asked for beside the families. */
  more: string[]
  whole: MetricSet
  /** Of `range`, in more detail. */
  detail: MetricSet | undefined
  range: StepRange | undefined
  branches: MetricBranch[]
  attempt: number
  next: string | undefined
  loading: boolean
  isLoaded: boolean
  problem: Problem | undefined
  /** Changes with every point, at most once per frame. */
  version: number
}

export type Metrics = ReturnType<typeof useMetrics>

/** The metrics of one stage of a job: all of it, a range of it in detail, and what is appended while the job runs. */
export function useMetrics(job: () => string) {
  const state = shallowReactive<State>(blank())
  let asked = 0
  const changed = oncePerFrame(() => {
    state.version += 1
  })
  const names = computed(() => [...new Set(ofStage().flatMap((branch) => branch.names.map(({ name }) => name)))].sort())
  const units = computed(
    () => new Map(ofStage().flatMap((branch) => branch.names.map(({ name, unit }) => [name, unit]))),
  )
  const stages = computed(() => [
    ...new Set(state.branches.filter(({ points }) => points > 0).map(({ stage }) => stage)),
  ])
  const ofStage = () => state.branches.filter(({ stage }) => stage === state.stage)

  async function ask(range: StepRange | undefined): Promise<MetricSeries[]> {
    const query = {
      names: [...familyNames, ...state.more].join(','),
      stage: state.stage,
      buckets,
      ...(range && { start_step: range.from, end_step: range.to }),
    }
    const { series, next } = await client.call('getMetrics', { params: { job: job() }, query })
    if (!range) state.next = next ?? undefined
    const newest = Math.max(...series.map(({ stage }) => stage))
    state.stage ??= series.length > 0 ? newest : undefined
    return series.filter(({ stage }) => stage === state.stage)
  }

  /** What is drawn stays until the answer is there; the answer to an older question is dropped. */
  async function load(): Promise<void> {
    asked += 1
    const mine = asked
    state.loading = true
    const isLatest = () => mine === asked
    try {
      const [whole, { branches }] = await Promise.all([
        ask(undefined),
        client.call('listMetricBranches', { params: { job: job() } }),
      ])
      if (!isLatest()) return
      state.branches = branches
      state.attempt = Math.max(0, ...ofStage().map(({ attempt }) => attempt))
      state.whole = metricSetOf(whole)
      state.problem = undefined
      state.isLoaded = true
      if (state.range) await zoom(state.range)
    } catch (error) {
      if (isLatest()) state.problem = toProblem(error)
    }
    if (isLatest()) state.loading = false
    changed()
  }

  async function zoom(range: StepRange | undefined): Promise<void> {
    state.range = range
    if (!range) state.detail = undefined
    changed()
    if (!range) return
    try {
      const found = await ask(range)
      if (state.range !== range) return
      state.detail = metricSetOf(found)
      changed()
    } catch (error) {
      if (state.range === range) state.problem = toProblem(error)
    }
  }

  /** New rows of a stream. Another stage or attempt, or steps that are drawn already, are asked for anew. */
  function append(rows: LiveMetrics): void {
    if (state.stage === undefined || rows.stage > state.stage || rows.attempt > state.attempt) {
      state.stage = Math.max(rows.stage, state.stage ?? 0)
      state.attempt = rows.attempt
      void load()
      return
    }
    if (rows.stage !== state.stage || rows.attempt < state.attempt) return
    appendRows(state.whole, rows)
    if (state.detail) appendRows(state.detail, rows)
    if (Object.keys(rows.values).some((name) => !names.value.includes(name))) void loadNames()
    changed()
  }

  const loadNames = oncePerFrame(async () => {
    const { branches } = await client.call('listMetricBranches', { params: { job: job() } })
    state.branches = branches
  })

  /** What was stored since the last answer, for clients without a stream. */
  async function poll(): Promise<void> {
    const query = { names: [...familyNames, ...state.more].join(','), after: state.next, times: 'true' }
    const { series, next } = await client.call('getMetrics', { params: { job: job() }, query })
    state.next = next ?? state.next
    const isKnown = series.every(({ stage }) => stage === state.stage)
    const late = isKnown ? appendSeries(state.whole, series) : 1
    if (late > 0) await load()
    else if (series.length > 0) changed()
  }

  function choose(stage: number): void {
    state.stage = stage
    state.range = undefined
    state.detail = undefined
    void load()
  }

  watch(job, () => Object.assign(state, blank()) && void load(), { immediate: true })
  onScopeDispose(() => {
    asked += 1
  })
  const drawn = () => state.detail ?? state.whole
  const extent = () => extentOf(state.whole.values())
  return Object.assign(state, { names, units, stages, load, zoom, append, poll, choose, drawn, extent })
}

function blank(): State {
  return {
    stage: undefined,
    more: [],
    whole: new Map(),
    detail: undefined,
    range: undefined,
    branches: [],
    attempt: 0,
    next: undefined,
    loading: false,
    isLoaded: false,
    problem: undefined,
    version: 0,
  }
}
