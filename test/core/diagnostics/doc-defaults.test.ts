import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { configOf } from '../../../core/diagnostics/config-of.ts'
import { ruleNames } from '../../../schemas/diagnostics.ts'

const doc = readFileSync(new URL('../../../docs/diagnostics.md', import.meta.url), 'utf8')

it('docs/diagnostics.md names every rule and the default of every threshold', () => {
  const table = doc.slice(doc.indexOf('## Rules'), doc.indexOf('Why so,'))
  const config = configOf({}) as unknown as Record<string, Record<string, unknown>>
  for (const rule of ruleNames) {
    const from = table.indexOf(`| \`${rule}\``)
    expect(from, rule).toBeGreaterThan(0)
    const next = table.slice(from + 1).search(/\n\| `/)
    const lines = table.slice(from, next < 0 ? undefined : from + 1 + next)
    for (const [field, value] of Object.entries(config[rule]!).filter(([name]) => name !== 'enabled')) {
      const shown = field === 'growth' && rule === 'memory_creep' ? '10 %' : String(value)
      expect(lines, `${rule}.${field}`).toMatch(new RegExp(`\`${field}\` \\(${shown}[ )]|\`${field}\` \\(${shown}\\)`))
    }
  }
})
