import { onScopeDispose, ref } from 'vue'
import type { LiveEvent } from '../../../schemas/live.ts'
import { client } from '../api/client.ts'
import { toProblem } from '../api/problem.ts'

export type Connection = 'off' | 'connecting' | 'live' | 'waiting' | 'polling' | 'ended'

interface Handlers {
  job: () => string
  onEvent: (event: LiveEvent) => void
  /** The first stream is open: what is asked for from now on has no gap to what the stream brings. */
  onOpen: () => Promise<unknown>
  /** Asks without a stream. */
  poll: () => Promise<unknown>
}

const firstWaitMs = 1_000
const longestWaitMs = 30_000
const failuresBeforePolling = 3
const pollMs = 3_000
const pollsPerTry = 10

/** The live stream of a job: comes back after its last event, ever later after failures, and polls when streams do not get through. */
export function useLive({ job, onEvent, onOpen, poll }: Handlers) {
  const connection = ref<Connection>('off')
  const waits = ref(0)
  let stop = new AbortController()
  let lastId = ''

  function start(): void {
    stop.abort()
    stop = new AbortController()
    void follow(stop.signal)
  }

  function pause(): void {
    stop.abort()
    connection.value = 'off'
  }

  /** Forgets where the last stream was: for another job. */
  function restart(): void {
    lastId = ''
    start()
  }

  async function follow(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      if (connection.value !== 'polling') connection.value = 'connecting'
      const end = await stream(signal, () => {
        failures = 0
      })
      if (signal.aborted) return
      if (end === 'ended') {
        connection.value = 'ended'
        return
      }
      if (end === 'over') continue
      failures += 1
      if (failures >= failuresBeforePolling) await pollAWhile(signal)
      else {
        waits.value = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1))
        connection.value = 'waiting'
        await pass(waits.value, signal)
      }
    }
  }

  /** `ended`: the job is over. `over`: the server's time for a stream is. */
  async function stream(signal: AbortSignal, onProgress: () => void): Promise<'ended' | 'over' | 'failed'> {
    let isOpen = false
    const started = performance.now()
    try {
      const isFirst = lastId === ''
      const opened = () => {
        isOpen = true
        connection.value = 'live'
        if (isFirst) void onOpen()
      }
      const options = { signal, lastId, onOpen: opened }
      for await (const event of client.events('watchJob', { params: { job: job() } }, options)) {
        if (signal.aborted) return 'over'
        lastId = event.id || lastId
        onProgress()
        onEvent(event)
        if (event.event === 'end') return 'ended'
      }
      // A stream that is closed at once, again and again, is no stream.
      return isOpen && performance.now() - started > firstWaitMs ? 'over' : 'failed'
    } catch (error) {
      // An id that the server no longer knows: from the newest on, and what was missed is asked for.
      if ([400, 422].includes(toProblem(error).status)) lastId = ''
      return 'failed'
    }
  }

  async function pollAWhile(signal: AbortSignal): Promise<void> {
    connection.value = 'polling'
    for (let times = 0; times < pollsPerTry && !signal.aborted; times += 1) {
      await poll().catch(() => {})
      await pass(pollMs, signal)
    }
  }

  onScopeDispose(() => stop.abort())
  return { connection, waits, start, pause, restart }
}

function pass(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
