// A trainer that ships made-up segments, as many as a file allows, and then says that it diverged.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { segments, segmentText } from './metrics-shipped.ts'

const spec = JSON.parse(readFileSync(new URL(process.env.SLUICE_SPEC_URI ?? ''), 'utf8')) as { output_uri: string }
const folder = `${fileURLToPath(spec.output_uri)}metrics/`
mkdirSync(folder, { recursive: true })
const allowed = () => Number(readFileSync(process.env.SHIPPER_LIMIT ?? '', 'utf8'))
for (let segment = 0; segment < segments; segment++) {
  while (segment >= allowed()) await new Promise((resolve) => setTimeout(resolve, 10))
  const name = `${String(segment).padStart(8, '0')}.jsonl`
  writeFileSync(`${folder}.${name}`, segmentText(segment))
  renameSync(`${folder}.${name}`, `${folder}${name}`)
}
process.exit(70)
