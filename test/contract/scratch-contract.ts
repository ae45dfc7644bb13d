import { describe, expect, it } from 'vitest'
import type { Scratch } from '../../core/platform/ports.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

/** The Scratch port. What a full disk answers is tested beside each driver. */
export function describeScratchContract(name: string, open: () => Scratch): void {
  describe(`Scratch: ${name}`, () => {
    it('gives back what was appended, in order, whole and in ranges', async () => {
      const space = await open().open()
      await space.append('a', bytes(1, 2, 3))
      await space.append('b', bytes(9))
      await space.append('a', bytes(4, 5))
      expect(space.size('a')).toBe(5)
      expect(await space.read('a')).toEqual(bytes(1, 2, 3, 4, 5))
      expect(await space.read('a', { start: 1, end: 4 })).toEqual(bytes(2, 3, 4))
      expect(await space.read('a', { start: 3 })).toEqual(bytes(4, 5))
      expect(await space.read('b')).toEqual(bytes(9))
      await space.append('a', bytes(6))
      expect(await space.read('a', { start: 4 })).toEqual(bytes(5, 6))
      await space.close()
    })

    it('reads nothing beyond the end, from an empty file or from one that is not there', async () => {
      const space = await open().open()
      expect(await space.read('none')).toEqual(bytes())
      expect(space.size('none')).toBe(0)
      await space.append('empty', bytes())
      expect(await space.read('empty')).toEqual(bytes())
      await space.append('a', bytes(1, 2))
      expect(await space.read('a', { start: 5 })).toEqual(bytes())
      expect(await space.read('a', { start: 1, end: 50 })).toEqual(bytes(2))
      await space.close()
    })

    it('keeps the order of appends and reads that nobody waited for, and lets the caller reuse its bytes', async () => {
      const space = await open().open()
      const given = new Uint8Array(40_000)
      const waiting: Promise<unknown>[] = []
      for (let n = 0; n < 20; n++) {
        given.fill(n)
        waiting.push(space.append('a', given.slice()))
      }
      const read = space.read('a')
      await Promise.all(waiting)
      const found = await read
      expect(found.length).toBe(800_000)
      for (let n = 0; n < 20; n++) expect(found[n * 40_000 + 123]).toBe(n)
      const mine = bytes(7, 7)
      await space.append('b', mine)
      mine.fill(0)
      expect(await space.read('b')).toEqual(bytes(7, 7))
      await space.close()
    })

    it('holds many small appends to many files, and large ones among them', async () => {
      const space = await open().open()
      for (let n = 0; n < 30_000; n++) await space.append(`file ${n % 7}/../x`, bytes(n & 255, n >>> 8))
      await space.append('file 0/../x', new Uint8Array(300_000).fill(5))
      await space.append('file 0/../x', bytes(1, 2))
      const found = await space.read('file 3/../x')
      expect(found.length).toBe(space.size('file 3/../x'))
      for (let at = 0; at < found.length / 2; at++) expect(found[2 * at]! + 256 * found[2 * at + 1]!).toBe(3 + 7 * at)
      expect((await space.read('file 0/../x')).subarray(-3)).toEqual(bytes(5, 1, 2))
      await space.close()
    })

    it('keeps spaces apart', async () => {
      const scratch = open()
      const [one, other] = [await scratch.open(), await scratch.open()]
      await one.append('a', bytes(1))
      expect(await other.read('a')).toEqual(bytes())
      await other.append('a', bytes(2))
      await other.close()
      expect(await one.read('a')).toEqual(bytes(1))
      await one.close()
    })

    it('closes more than once, and is of no use after', async () => {
      const space = await open().open()
      await space.append('a', bytes(1))
      await Promise.all([space.close(), space.close()])
      await space.close()
      await expect(space.append('a', bytes(1))).rejects.toMatchObject({ code: 'internal' })
      await expect(space.read('a')).rejects.toMatchObject({ code: 'internal' })
    })
  })
}
