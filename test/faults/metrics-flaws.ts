import { Fault } from '../../core/platform/fault.ts'
import type { Blobs, Platform, Table } from '../../core/platform/ports.ts'

type Method = keyof Table | keyof Blobs

/** A call that fails: which, and how. */
export interface Flaw {
  port: 'metrics' | 'blobs'
  method: Method
  /** So many calls work before. 0 unless told. */
  after?: number
  kind: 'busy' | 'thrown'
}

const flawError = ({ port, method, kind }: Flaw) =>
  kind === 'busy' ? new Fault('busy', `${port}.${method} is busy; try again`) : new Error(`secret of ${port}.${method}`)

/** Ports of which one method fails from some call on, while it is told to. */
export function createFlaws() {
  let flaw: Flaw | undefined
  let calls = 0
  let hits = 0

  function check(port: Flaw['port'], method: string): void {
    if (flaw?.port !== port || flaw.method !== method) return
    calls += 1
    if (calls <= (flaw.after ?? 0)) return
    hits += 1
    throw flawError(flaw)
  }

  function flawed<Port extends object>(name: Flaw['port'], port: () => Port): Port {
    return new Proxy({} as Port, {
      get(_, method) {
        const member = Reflect.get(port(), method)
        if (typeof member !== 'function') return member
        if (method === 'read') return (...given: unknown[]) => flawedRead(member.apply(port(), given))
        // As a driver does: what fails is the promise.
        return method === 'uri'
          ? member
          : async (...given: unknown[]) => {
              check(name, String(method))
              return member.apply(port(), given)
            }
      },
      // Drivers are wrapped by spreading them.
      ownKeys: () => Reflect.ownKeys(port()),
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    })
  }

  /** A file whose disk breaks behind its first piece. */
  async function* flawedRead(pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      check('blobs', 'read')
      yield piece
    }
  }

  return {
    around: (drivers: () => Pick<Platform, 'metrics' | 'blobs'>) => ({
      metrics: flawed('metrics', () => drivers().metrics),
      blobs: flawed('blobs', () => drivers().blobs),
    }),
    /** How often the flaw showed while `work` ran. */
    async during<T>(wanted: Flaw, work: () => Promise<T>): Promise<{ result: T; hits: number }> {
      flaw = wanted
      calls = 0
      hits = 0
      try {
        return { result: await work(), hits }
      } finally {
        flaw = undefined
      }
    },
  }
}
