import { parentPort } from 'node:worker_threads'
import { type FromWorker, type ToWorker, toPlainError } from './worker-messages.ts'

/** Makes the function of a task from its setup. */
export type Task = (setup: unknown) => Promise<(input: unknown) => unknown>

/** Serves a table of tasks to the thread pool that started this thread. */
export function serveTasks(tasks: Readonly<Record<string, Task>>): void {
  const port = parentPort
  if (!port) throw new Error('serveTasks runs in a worker thread only')
  const ready = new Map<string, Promise<(input: unknown) => unknown>>()

  async function answer(id: number, key: string, input: unknown): Promise<void> {
    let message: FromWorker
    try {
      const run = ready.get(key)
      if (!run) throw new Error(`no setup for ${key}`)
      message = { id, output: await (await run)(input) }
    } catch (error) {
      message = { id, error: toPlainError(error) }
    }
    port?.postMessage(message, 'output' in message ? buffersOf(message.output) : [])
  }

  port.on('message', (message: ToWorker) => {
    if (message.kind === 'forget') ready.delete(message.key)
    else if (message.kind === 'run') void answer(message.id, message.key, message.input)
    else {
      const task = tasks[message.task]
      const made = task ? task(message.value) : Promise.reject(new Error(`there is no task "${message.task}"`))
      // The request that follows reports it.
      made.catch(() => {})
      ready.set(message.key, made)
    }
  })
}

/** Buffers that an output owns, which are handed over and not copied. */
function buffersOf(output: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  collect(output, found, 0)
  return [...found]
}

function collect(value: unknown, found: Set<ArrayBuffer>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > 3) return
  if (ArrayBuffer.isView(value)) {
    // A slice of Node's shared pool must not be taken from under others.
    if (value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength) found.add(value.buffer)
    return
  }
  if (Array.isArray(value)) return
  for (const field of Object.values(value)) collect(field, found, depth + 1)
}
