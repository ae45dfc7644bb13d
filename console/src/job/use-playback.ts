import { onScopeDispose, shallowReactive } from 'vue'
import type { PlaybackEvent } from '../../../schemas/live.ts'
import type { Problem } from '../../../schemas/problem.ts'
import { client } from '../api/client.ts'
import { toProblem } from '../api/problem.ts'
import type { StepRange } from '../series/locate.ts'
import { appendRows, type MetricSet } from '../series/metric-set.ts'
import { oncePerFrame } from '../state/once-per-frame.ts'

interface State {
  isPlaying: boolean
  isOver: boolean
  speed: number
  /** Newest step that was played. */
  step: number
  range: StepRange | undefined
  set: MetricSet
  remaining: number
  problem: Problem | undefined
  version: number
}

export type Playback = ReturnType<typeof usePlayback>

/** Recorded metrics again, at their pace times `speed`. Pausing drops the stream; going on asks for what follows the last event. */
export function usePlayback(job: () => string, stage: () => number | undefined) {
  const state = shallowReactive<State>({ ...blank(), speed: 1 })
  let stop = new AbortController()
  let lastId = ''
  const changed = oncePerFrame(() => {
    state.version += 1
  })

  async function play(): Promise<void> {
    if (state.isOver) rewind()
    stop.abort()
    stop = new AbortController()
    const { signal } = stop
    state.isPlaying = true
    state.problem = undefined
    try {
      const query = {
        stage: stage(),
        speed: state.speed,
        ...(lastId === '' && start !== undefined && { start_step: start }),
      }
      for await (const event of client.events('playJob', { params: { job: job() }, query }, { signal, lastId })) {
        if (signal.aborted) return
        lastId = event.id || lastId
        take(event)
      }
    } catch (error) {
      if (!signal.aborted) state.problem = toProblem(error)
    }
    if (!signal.aborted) state.isPlaying = false
  }

  let start: number | undefined
  function take(event: PlaybackEvent): void {
    if (event.event === 'meta') state.range ??= { from: event.data.start_step, to: event.data.end_step }
    else if (event.event === 'metrics') {
      appendRows(state.set, event.data)
      state.step = event.data.steps.at(-1) ?? state.step
    } else if (event.event === 'progress') {
      state.step = event.data.step
      state.remaining = event.data.remaining_seconds
    } else if (event.event === 'end') state.isOver = true
    changed()
  }

  function pause(): void {
    stop.abort()
    state.isPlaying = false
  }

  function rewind(): void {
    pause()
    lastId = ''
    start = undefined
    Object.assign(state, { ...blank(), range: state.range, version: state.version + 1 })
  }

  /** From this step on; what comes before it stays away. */
  function seek(step: number): void {
    const wasPlaying = state.isPlaying
    const range = state.range
    rewind()
    state.range = range
    state.step = step
    start = step
    if (wasPlaying) void play()
  }

  function setSpeed(speed: number): void {
    state.speed = Math.min(10, Math.max(0.1, speed))
    if (state.isPlaying) void play()
  }

  onScopeDispose(() => stop.abort())
  return Object.assign(state, { play, pause, rewind, seek, setSpeed })
}

function blank(): Omit<State, 'speed'> {
  return {
    isPlaying: false,
    isOver: false,
    step: 0,
    range: undefined,
    set: new Map(),
    remaining: 0,
    problem: undefined,
    version: 0,
  }
}
