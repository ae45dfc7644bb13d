import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { diagnosticsReport } from '../../../scripts/labelled-runs/report.ts'

it('docs/diagnostics.md has the figures that the rules have', () => {
  const doc = readFileSync(new URL('../../../docs/diagnostics.md', import.meta.url), 'utf8')
  const block = /<!-- report -->\n([\s\S]*?)\n<!-- \/report -->/.exec(doc)?.[1]
  expect(block).toBe(diagnosticsReport())
}, 120_000)
