import { setTimeout } from 'node:timers/promises'
import type { Clock, Io, StopSignal } from '../../cli/io.ts'
import { runCli } from '../../cli/run.ts'

/** Time passes only in sleeps, and they are over at once. */
export function createInstantClock(start = '2026-01-01T00:00:00.000Z'): Clock & { slept: number[] } {
  let now = Date.parse(start)
  const slept: number[] = []
  return {
    slept,
    now: () => new Date(now),
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      slept.push(ms)
      now += ms
      await new Promise((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
    },
  }
}

/** Time that passes by itself; `factor` shortens sleeps. */
export function createRealClock(factor = 1): TestIo['clock'] {
  const slept: number[] = []
  return {
    slept,
    now: () => new Date(),
    async sleep(ms, signal) {
      slept.push(ms)
      await setTimeout(ms * factor, undefined, signal && { signal })
    },
  }
}

export interface TestIo extends Io {
  out: string
  err: string
  readonly clock: Clock & { slept: number[] }
  /** How many listen for Ctrl-C. */
  listening(): number
  interrupt(signal?: StopSignal): void
}

export function createTestIo(
  given: Partial<Pick<TestIo, 'isTTY' | 'columns' | 'rows' | 'env' | 'clock'>> = {},
): TestIo {
  const handlers = new Set<(signal: StopSignal) => void>()
  const io: TestIo = {
    isTTY: false,
    columns: 100,
    rows: 40,
    env: {},
    clock: createInstantClock(),
    ...given,
    out: '',
    err: '',
    stdout: (text) => {
      io.out += text
    },
    stderr: (text) => {
      io.err += text
    },
    onInterrupt(handler) {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    listening: () => handlers.size,
    interrupt(signal = 'SIGINT') {
      for (const handler of handlers) handler(signal)
    },
  }
  return io
}

/** Runs one command line and returns what it left. */
export async function sluice(
  argv: string[],
  io: TestIo = createTestIo(),
): Promise<{ code: number; out: string; err: string; io: TestIo }> {
  const code = await runCli(argv, io)
  return { code, out: io.out, err: io.err, io }
}
