import { Fault } from '../../core/platform/fault.ts'
import type { Scratch } from '../../core/platform/ports.ts'

/** Scratch files in memory. `limit` bytes in one space are a full disk. */
export function createMemoryScratch(limit = Number.POSITIVE_INFINITY): Scratch {
  return {
    async open() {
      const files = new Map<string, { bytes: Uint8Array; used: number }>()
      let total = 0
      let closed = false
      const refuseClosed = () => {
        if (closed) throw new Fault('internal', 'scratch space is closed')
      }
      return {
        async append(name, bytes) {
          refuseClosed()
          if (total + bytes.length > limit)
            throw new Fault('busy', `the disk for scratch files is full: ${limit - total} bytes are free`)
          const file = files.get(name) ?? { bytes: new Uint8Array(1024), used: 0 }
          files.set(name, file)
          if (file.used + bytes.length > file.bytes.length) {
            const wider = new Uint8Array(2 * (file.used + bytes.length))
            wider.set(file.bytes.subarray(0, file.used))
            file.bytes = wider
          }
          file.bytes.set(bytes, file.used)
          file.used += bytes.length
          total += bytes.length
        },
        async read(name, range) {
          refuseClosed()
          const { bytes, used } = files.get(name) ?? { bytes: new Uint8Array(), used: 0 }
          return bytes.slice(Math.min(range?.start ?? 0, used), Math.min(range?.end ?? used, used))
        },
        size: (name) => files.get(name)?.used ?? 0,
        async close() {
          closed = true
          files.clear()
        },
      }
    },
  }
}
