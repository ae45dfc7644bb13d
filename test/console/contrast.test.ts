import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

// WCAG 2.2, 1.4.3 and 1.4.11: text at least 4.5 to 1, what makes a control or a chart visible at least 3 to 1.
const text = [
  ...['page', 'surface', 'sunken'].flatMap((ground) => [`text on ${ground}`, `muted on ${ground}`]),
  ...['page', 'surface', 'accent-soft'].map((ground) => `accent on ${ground}`),
  'accent-text on accent',
  ...['good', 'warn', 'bad'].flatMap((tone) => [`${tone} on ${tone}-soft`, `${tone} on surface`, `${tone} on page`]),
  'text on bad-soft',
  'muted on bad-soft',
]
const palette = Array.from({ length: 8 }, (_, index) => `series-${index + 1}`)
const shapes = [
  'control on surface',
  'control on page',
  'chart on surface',
  'accent on sunken',
  'bad on sunken',
  ...palette.map((name) => `${name} on surface`),
]

const css = await readFile(new URL('../../console/src/styles/tokens.css', import.meta.url), 'utf8')
const blocks = css
  .split(/:root[^{]*\{/)
  .slice(1)
  .map((block) => Object.fromEntries([...block.matchAll(/--([\w-]+): (#\w{6});/g)].map(([, name, hex]) => [name, hex])))

it('both modes have the same colours by name', () => {
  expect(blocks).toHaveLength(2)
  expect(Object.keys(blocks[1] ?? {})).toEqual(Object.keys(blocks[0] ?? {}))
})

type Triple = [number, number, number]
const by =
  (...rows: Triple[]) =>
  (rgb: Triple) =>
    rows.map((row) =>
      Math.min(
        1,
        Math.max(
          0,
          row.reduce((sum, each, at) => sum + each * (rgb[at] ?? 0), 0),
        ),
      ),
    ) as Triple

/** Of linear RGB, as Machado, Oliveira and Fernandes (2009) have it for severity 1. */
const sights = {
  'full colour vision': by([1, 0, 0], [0, 1, 0], [0, 0, 1]),
  protanopia: by([0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]),
  deuteranopia: by([0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]),
}

describe.each([
  ['light', blocks[0]],
  ['dark', blocks[1]],
])('in %s mode', (_, colours) => {
  const ratio = (pair: string) => {
    const [above, below] = pair.split(' on ').map((name) => luminance(colours?.[name] ?? 'none')) as [number, number]
    return (Math.max(above, below) + 0.05) / (Math.min(above, below) + 0.05)
  }
  it.each(text)('%s is readable', (pair) => expect(ratio(pair)).toBeGreaterThanOrEqual(4.5))
  it.each(shapes)('%s is visible', (pair) => expect(ratio(pair)).toBeGreaterThanOrEqual(3))
  it.each(Object.entries(sights))('the lines of a chart can be told apart by %s', (_, sight) => {
    const seen = palette.map((name) => labOf(sight(linear(colours?.[name] ?? 'none'))))
    const apart = seen.flatMap((one, at) =>
      seen.slice(at + 1).map((other) => Math.hypot(...one.map((each, axis) => each - (other[axis] ?? 0)))),
    )
    expect(Math.min(...apart)).toBeGreaterThan(9)
  })
})

function luminance(hex: string): number {
  const [red, green, blue] = linear(hex)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function linear(hex: string): Triple {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as Triple
}

/** CIE L*a*b*, D65. */
function labOf([red, green, blue]: Triple): Triple {
  const xyz = [
    (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
    0.2126 * red + 0.7152 * green + 0.0722 * blue,
    (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
  ]
  const [x, y, z] = xyz.map((each) => (each > 0.008856 ? Math.cbrt(each) : 7.787 * each + 16 / 116)) as Triple
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}
