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
const shapes = ['control on surface', 'control on page', 'chart on surface', 'accent on sunken', 'bad on sunken']

const css = await readFile(new URL('../../console/src/styles/tokens.css', import.meta.url), 'utf8')
const blocks = css
  .split(/:root[^{]*\{/)
  .slice(1)
  .map((block) => Object.fromEntries([...block.matchAll(/--([\w-]+): (#\w{6});/g)].map(([, name, hex]) => [name, hex])))

it('both modes have the same colours by name', () => {
  expect(blocks).toHaveLength(2)
  expect(Object.keys(blocks[1] ?? {})).toEqual(Object.keys(blocks[0] ?? {}))
})

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
})

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
