import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { layoutNames } from '../../core/formats/layouts/layout-names.ts'
import { foreignLayouts } from '../../core/formats/layouts/layouts.ts'

/** Everything that a file imports at once, itself included; types vanish, and `import()` waits until it is run. */
function loadedBy(entry: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(entry.href) || !entry.pathname.endsWith('.ts') || !existsSync(entry)) return seen
  seen.add(entry.href)
  const imports = readFileSync(entry, 'utf8').matchAll(/^(?:import|export) (?!type )[^;']*? from '(\.[^']+)'/gms)
  for (const [, path] of imports) loadedBy(new URL(path as string, entry), seen)
  return seen
}

const root = new URL('../../', import.meta.url)
const formats = (from: string) =>
  [...loadedBy(new URL(from, root))].map((url) => fileURLToPath(url)).filter((path) => path.includes('/core/formats/'))

it('no command loads the readers and writers of file formats before it is to convert one', () => {
  expect(formats('cli/run.ts')).toEqual([fileURLToPath(new URL('core/formats/layouts/layout-names.ts', root))])
  expect(formats('core/formats/convert.ts').length).toBeGreaterThan(20)
})

it('the names of layouts are those there are, in the order of detection', () => {
  expect(layoutNames).toEqual(['canonical', ...Object.keys(foreignLayouts)])
})
