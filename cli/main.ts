import { setTimeout as sleep } from 'node:timers/promises'
import { environment } from './config.ts'
import type { Io, StopSignal } from './io.ts'
import { runCli } from './run.ts'

/** The `sluice` process: sets the exit code and lets the process end by itself. */
export async function main(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EPIPE: the reader of the pipe has gone, as in `sluice jobs list | head -1`. Anything else, such as a full disk, is news.
    if (error.code !== 'EPIPE') process.stderr.write(`error: the output cannot be written: ${error.message}\n`)
    process.exit(1)
  })
  process.exitCode = await runCli(process.argv.slice(2), processIo())
}

function processIo(): Io {
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTTY: process.stdout.isTTY === true,
    // A terminal that does not know its size says 0.
    get columns() {
      return process.stdout.columns || 80
    },
    get rows() {
      return process.stdout.rows || 24
    },
    env: environment(),
    clock: { now: () => new Date(), sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }) },
    onInterrupt,
  }
}

const signals: StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
const oneKeyPressMs = 300

function onInterrupt(handler: (signal: StopSignal) => void): () => void {
  let last = Number.NEGATIVE_INFINITY
  // Ctrl-C reaches the whole foreground group, and sluice.mjs passes its own copy on: both are one press.
  const listener = (signal: StopSignal) => {
    const now = performance.now()
    if (now - last < oneKeyPressMs) return
    last = now
    handler(signal)
  }
  for (const signal of signals) process.on(signal, listener)
  return () => {
    const remove = () => signals.forEach((signal) => void process.off(signal, listener))
    setTimeout(remove, oneKeyPressMs).unref()
  }
}

if (import.meta.main) await main()
