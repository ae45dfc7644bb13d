import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../core/platform/fault.ts'
import { readLines } from '../../../core/platform/read-lines.ts'
import { rejection } from '../support/caught.ts'
import { chunked, linesOf } from '../support/streams.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 })
const text = fc.string({
  unit: fc.constantFrom('a', 'é', '漢', '😀', '\n', '\r\n', '\r', '"', '\uFEFF', '\u2028', ' '),
  maxLength: 120,
})

describe('lines', () => {
  it('are the same however the bytes are cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(text, cuts, async (content, at) => {
        const expected = content.split('\n')
        if (expected.at(-1) === '') expected.pop()
        const lines = await linesOf(readLines(chunked(bytes(content), at)))
        expect(lines.map((line) => line.text)).toEqual(expected.map((line) => line.replace(/\r$/, '')))
        expect(lines.map((line) => line.number)).toEqual(expected.map((_, i) => i + 1))
      }),
    )
  })

  it('survive a source that reuses its buffer', async () => {
    const buffer = new Uint8Array(2)
    async function* source() {
      for (const pair of ['ab', 'cd', '\ne']) {
        buffer.set(bytes(pair))
        yield buffer
      }
    }
    expect((await linesOf(readLines(source()))).map((line) => line.text)).toEqual(['abcd', 'e'])
  })

  it('of an empty file are none', async () => {
    expect(await linesOf(readLines(chunked(bytes(''), [])))).toEqual([])
  })

  it.each([
    ['in one piece', []],
    ['over a cut', [8]],
  ])('that are not UTF-8 are named: %s', async (_, at) => {
    const content = new Uint8Array([...bytes('fine\nal'), 0xc3, 0x28, ...bytes('so\nfine\n')])
    const fault = (await rejection(linesOf(readLines(chunked(content, at))))) as Fault
    expect(fault).toMatchObject({ code: 'invalid', message: 'line 2 is not valid UTF-8' })
    expect(fault.errors).toMatchObject([{ pointer: '/lines/2', remedy: 'Save the file as UTF-8.' }])
  })

  it('that are too long are refused before they fill the memory, wherever they end', async () => {
    const long = bytes(`ok\n${'x'.repeat(50)}\nok\n`)
    for (const at of [[], [10], [10, 20, 30]]) {
      const fault = (await rejection(linesOf(readLines(chunked(long, at), 49)))) as Fault
      expect(fault).toMatchObject({ code: 'invalid', message: 'line 2 is longer than 49 bytes' })
    }
    expect(await linesOf(readLines(chunked(long, [10]), 50))).toHaveLength(3)
  })
})
