import { describe, expect, it } from 'vitest'
import type { Clock, Ids } from '../../core/platform/ports.ts'

/** The Clock port. `pass` lets time pass by the clock under test. */
export function describeClockContract(
  name: string,
  open: () => { clock: Clock; pass(ms: number): Promise<void> },
): void {
  describe(`Clock: ${name}`, () => {
    it('sleeps for the time it is told, no less', async () => {
      const { clock, pass } = open()
      const start = clock.now().getTime()
      const slept = clock.sleep(20).then(() => clock.now().getTime() - start)
      await pass(25)
      // Timers may fire up to a millisecond early by the wall clock.
      expect(await slept).toBeGreaterThanOrEqual(19)
    })

    it('wakes sleepers in the order of their times', async () => {
      const { clock, pass } = open()
      const woken: number[] = []
      const sleeps = [15, 5, 10, 0].map((ms) => clock.sleep(ms).then(() => woken.push(ms)))
      await pass(20)
      await Promise.all(sleeps)
      expect(woken).toEqual([0, 5, 10, 15])
    })

    it("rejects an aborted sleep with the signal's reason, before and while sleeping", async () => {
      const { clock } = open()
      const reason = new Error('not needed any more')
      await expect(clock.sleep(10, AbortSignal.abort(reason))).rejects.toBe(reason)
      const stop = new AbortController()
      const slept = expect(clock.sleep(3_600_000, stop.signal)).rejects.toBe(reason)
      stop.abort(reason)
      await slept
    })

    it('does not end early when the time is beyond what a timer can hold', async () => {
      const { clock, pass } = open()
      const stop = new AbortController()
      let ended = false
      const slept = clock.sleep(2 ** 31, stop.signal).then(
        () => {
          ended = true
        },
        () => {},
      )
      await pass(10)
      expect(ended).toBe(false)
      stop.abort()
      await slept
    })

    it('leaves no listener on a signal that outlives the sleep', async () => {
      const { clock, pass } = open()
      const stop = new AbortController()
      let listeners = 0
      const { addEventListener, removeEventListener } = stop.signal
      stop.signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
        listeners += 1
        addEventListener.apply(stop.signal, given)
      }
      stop.signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
        listeners -= 1
        removeEventListener.apply(stop.signal, given)
      }
      const slept = clock.sleep(1, stop.signal)
      await pass(5)
      await slept
      expect(listeners).toBe(0)
    })
  })
}

/** The Ids port. `pass` lets time pass for the ids under test. */
export function describeIdsContract(name: string, open: () => { ids: Ids; pass(ms: number): Promise<void> }): void {
  describe(`Ids: ${name}`, () => {
    it('gives 20 characters of a-z and 0-9, all different', () => {
      const { ids } = open()
      const given = Array.from({ length: 10_000 }, () => ids.next())
      expect(given.filter((id) => !/^[a-z0-9]{20}$/.test(id))).toEqual([])
      expect(new Set(given).size).toBe(10_000)
    })

    it('orders ids of different seconds by time', async () => {
      const { ids, pass } = open()
      const given: string[] = []
      for (let n = 0; n < 40; n++) {
        given.push(ids.next())
        await pass(1_000)
      }
      expect(given.toSorted()).toEqual(given)
    })

    it('gives random numbers from 0 to 1, spread evenly', () => {
      const { ids } = open()
      const given = Array.from({ length: 10_000 }, () => ids.random())
      expect(given.every((value) => value >= 0 && value < 1)).toBe(true)
      for (let tenth = 0; tenth < 10; tenth++) {
        const share = given.filter((value) => Math.floor(value * 10) === tenth).length
        expect(share).toBeGreaterThan(800)
        expect(share).toBeLessThan(1200)
      }
    })
  })
}
