import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sparkline } from '../../cli/commands/metric-lines.ts'
import { plain } from '../../cli/text/paint.ts'
import { table } from '../../cli/text/table.ts'
import { bytes, duration, metric, percent, points, probability, shortDigests } from '../../cli/text/values.ts'
import { pad, truncate, visible, width, wrap } from '../../cli/text/width.ts'
import { bar } from '../../cli/watch/stage-pieces.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 80 })

describe('width', () => {
  it('counts wide characters twice and combining marks not at all', () => {
    expect(['abc', '日本', 'e\u0301', '✓ ░', '🚀'].map(width)).toEqual([3, 4, 1, 3, 2])
  })

  it('of a cut or padded text is what was asked', () => {
    expect(truncate('日本語', 4)).toBe('日…')
    fc.assert(
      fc.property(anyText, fc.nat(30), (text, columns) => {
        expect(width(truncate(text, columns))).toBeLessThanOrEqual(columns)
        if (width(text) <= columns) expect(truncate(text, columns)).toBe(text)
        expect(width(pad(truncate(text, columns), columns))).toBe(columns)
      }),
    )
  })

  it('of wrapped text stays within bounds but for long words, and no word is lost', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 60 }), fc.nat(8), (list, columns, indent) => {
        const lines = wrap(list.join(' '), columns, indent)
        expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(list)
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
      }),
    )
  })
})

it('visible text holds no control character but newline and tab', () => {
  expect(visible('a\u001b[31mred\u001b[0m\r\nb\u0007\u0085c\td')).toBe('ared\nb\\x07\\x85c\td')
  fc.assert(
    fc.property(anyText, (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
      expect(visible(text)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
      expect(visible(visible(text))).toBe(visible(text))
    }),
  )
})

describe('tables', () => {
  const shape = [
    { title: 'NAME', value: (row: string[]) => row[0] as string },
    { title: 'N', value: (row: string[]) => row[1] as string, right: true },
    { title: 'TEXT', value: (row: string[]) => row[2] as string },
  ]

  it('align their columns and keep each row on its line', () => {
    expect(
      table(
        shape,
        [
          ['a', '1', 'x\ny'],
          ['日本', '200', ''],
        ],
        { paint: plain },
      ),
    ).toEqual(['NAME    N  TEXT', 'a       1  x ⏎ y', '日本  200'])
  })

  it('cut the last column to the terminal, and only there', () => {
    const row = ['a', '1', 'x'.repeat(60)]
    expect(table(shape, [row], { paint: plain, columns: 30 })[1]).toBe(`a     1  ${'x'.repeat(20)}…`)
    expect(table(shape, [row], { paint: plain })[1]).toBe(`a     1  ${'x'.repeat(60)}`)
  })
})

describe('values', () => {
  it.each([
    [0, '0ms'],
    [-5, '0ms'],
    [99, '99ms'],
    [412, '0.4s'],
    [9940, '9.9s'],
    [9960, '10s'],
    [59_600, '1m 00s'],
    [185_000, '3m 05s'],
    [3_599_600, '1h 00m'],
    [7_500_000, '2h 05m'],
    [86_400_000, '1d 0h'],
    [273_600_000, '3d 4h'],
  ])('%i ms is %s', (ms, text) => expect(duration(ms)).toBe(text))

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_600, '1.0 MB'],
    [1.36e6, '1.4 MB'],
    [5e15, '5000 TB'],
  ])('%d bytes are %s', (count, text) => expect(bytes(count)).toBe(text))

  it.each([
    [0, '0'],
    [1.23456, '1.235'],
    [-0.00012346, '-0.0001235'],
    [0.00001, '1.00e-5'],
    [123456, '123500'],
    [1e9, '1.00e+9'],
    ['NaN', 'NaN'],
    ['-Infinity', '-Infinity'],
  ] as const)('metric %s is %s', (value, text) => expect(metric(value)).toBe(text))

  it('shares, differences, probabilities and digests', () => {
    expect([
      percent(0.1234),
      points(0.059),
      points(-0.2),
      probability(0.04321),
      probability(3.8e-6),
      probability(0),
      probability(1),
    ]).toEqual(['12.3 %', '+5.9', '-20.0', '0.0432', '3.8e-6', '0', '1'])
    expect(shortDigests(`d@${'0123456789ab'.padEnd(64, 'f')} ${'f'.repeat(63)}`)).toBe(
      `d@0123456789ab ${'f'.repeat(63)}`,
    )
  })
})

it('a bar is as long as asked and full only at the end', () => {
  expect([bar(0, 4), bar(0.5, 4), bar(0.999, 4), bar(1, 4), bar(7, 4), bar(-1, 4)]).toEqual([
    '░░░░',
    '██░░',
    '███░',
    '████',
    '████',
    '░░░░',
  ])
})

it('a sparkline shows the means of equal parts, and marks parts that hold a value that is not finite', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█')
  expect(sparkline([5, 5, 5])).toBe('▁▁▁')
  expect(sparkline([0, 'NaN', 1])).toBe('▁!█')
  expect(sparkline(Array.from({ length: 1000 }, (_, i) => i))).toHaveLength(24)
  expect(sparkline([])).toBe('')
})
