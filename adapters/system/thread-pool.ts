import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { Fault } from '../../core/platform/fault.ts'
import type { Workers, WorkRequest } from '../../core/platform/ports.ts'
import { type FromWorker, fromPlainError, type ToWorker } from './worker-messages.ts'

export interface ThreadPool extends Workers {
  /** Ends the threads; what still runs or waits is refused with Fault `busy`. */
  close(): Promise<void>
}

interface Job {
  request: WorkRequest
  resolve: (output: unknown) => void
  reject: (error: Error) => void
}

interface Thread {
  worker: Worker
  /** Setups that it holds, the one used last at the end. */
  keys: string[]
  job: Job | undefined
  /** Ends it when nothing comes for a while. */
  leaving: NodeJS.Timeout | undefined
}

// A preflight has three, and a build or another preflight may run beside it; more would only hold memory.
const setupsPerThread = 4
// Batches come and go: V8's own limit lets their remains pile up to a few hundred megabytes for a tenth of the time.
const maxYoungGenerationSizeMb = 12

export interface ThreadPoolOptions {
  /** Serves the tasks: see `serveTasks`. */
  entry: URL
  size?: number
  /** A thread that has had nothing to do for so long ends, and its memory with it. */
  idleMs?: number
}

/**
 * Threads that start with the first request and serve the tasks of `entry`. A thread that dies takes its one request with it, as
 * Fault `busy`; the next request starts another.
 */
export function createThreadPool({ entry, size = defaultSize(), idleMs = 10_000 }: ThreadPoolOptions): ThreadPool {
  const threads = new Set<Thread>()
  const waiting: Job[] = []
  let closed = false
  let sequence = 0

  function dispatch(): void {
    while (waiting.length > 0) {
      const thread = idleThread(waiting[0] as Job)
      if (!thread) return
      start(thread, waiting.shift() as Job)
    }
  }

  /** One that holds the setup is taken before one that does not. */
  function idleThread({ request }: Job): Thread | undefined {
    const idle = [...threads].filter(({ job }) => job === undefined)
    const fitting = idle.find(({ keys }) => keys.includes(keyOf(request)))
    if (fitting) return fitting
    return threads.size < size ? spawn() : idle[0]
  }

  function start(thread: Thread, job: Job): void {
    thread.job = job
    clearTimeout(thread.leaving)
    thread.worker.ref()
    const { task, setup, input, transfer = [] } = job.request
    const key = keyOf(job.request)
    try {
      if (!thread.keys.includes(key)) send(thread, { kind: 'setup', task, key, value: setup.value })
      thread.keys = [...thread.keys.filter((each) => each !== key), key]
      if (thread.keys.length > setupsPerThread) send(thread, { kind: 'forget', key: thread.keys.shift() as string })
      send(thread, { kind: 'run', id: ++sequence, key, input }, transfer)
    } catch (error) {
      finish(thread, () => job.reject(error as Error))
    }
  }

  function spawn(): Thread {
    const worker = new Worker(entry, {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxYoungGenerationSizeMb },
    })
    const thread: Thread = { worker, keys: [], job: undefined, leaving: undefined }
    threads.add(thread)
    worker.unref()
    worker.on('message', (message: FromWorker) => {
      const { job } = thread
      if (!job) return
      finish(thread, () =>
        'error' in message ? job.reject(fromPlainError(message.error)) : job.resolve(message.output),
      )
    })
    worker.once('error', (error) => lose(thread, error.message))
    worker.once('exit', (code) => lose(thread, `it ended with exit code ${code}`))
    return thread
  }

  function finish(thread: Thread, answer: () => void): void {
    thread.job = undefined
    thread.worker.unref()
    answer()
    dispatch()
    if (thread.job === undefined && threads.has(thread))
      thread.leaving = setTimeout(() => leave(thread), idleMs).unref()
  }

  function leave(thread: Thread): void {
    if (threads.delete(thread)) void thread.worker.terminate()
  }

  function lose(thread: Thread, why: string): void {
    if (!threads.delete(thread)) return
    clearTimeout(thread.leaving)
    thread.job?.reject(
      new Fault('busy', `a worker thread was lost during ${thread.job.request.task}: ${why}; try again`),
    )
    if (!closed) dispatch()
  }

  return {
    size,
    run(request) {
      return new Promise((resolve, reject) => {
        if (closed) return reject(new Fault('busy', `task ${request.task} cannot start: the threads are closed`))
        waiting.push({ request, resolve, reject })
        dispatch()
      })
    },
    async close() {
      closed = true
      for (const { leaving } of threads) clearTimeout(leaving)
      for (const { request, reject } of waiting.splice(0))
        reject(new Fault('busy', `task ${request.task} was not started: the threads are closed`))
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}

// A thread with its setup holds up to 200 MB.
const defaultSize = () => Math.min(8, availableParallelism())

const keyOf = ({ task, setup }: WorkRequest) => `${task}/${setup.key}`

function send(thread: Thread, message: ToWorker, transfer: ArrayBuffer[] = []): void {
  thread.worker.postMessage(message, transfer)
}
