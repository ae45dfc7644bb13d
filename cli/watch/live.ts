import { createLogUpdate } from 'log-update'
import type { Io } from '../io.ts'

export interface Live {
  /** Replaces the lines shown before. */
  show(lines: readonly string[]): void
  /** Takes the lines away and leaves `lines`, however many, in the scrollback. */
  end(lines?: readonly string[]): void
}

/** Lines on the terminal that are drawn over. */
export function createLive(io: Io): Live {
  const stream = {
    write: (text: string) => {
      io.stdout(text)
      return true
    },
    isTTY: true,
    // log-update never comes back from wrapping to nothing.
    get columns() {
      return Math.max(10, io.columns)
    },
    get rows() {
      return io.rows
    },
  }
  // log-update writes to the stream and asks for its size: nothing else of a stream is used.
  const update = createLogUpdate(stream as unknown as NodeJS.WritableStream, { showCursor: true })
  return {
    show: (lines) => update(lines.join('\n')),
    end(lines = []) {
      if (lines.length > 0) update.persist(lines.join('\n'))
      else update.clear()
      update.done()
    },
  }
}
