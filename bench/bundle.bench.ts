import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type Bundle, bundleFamily } from '../infra/bundle.ts'
import { percentile } from './percentile.ts'

const run = promisify(execFile)
const imports = 15
const families = ['api', 'stream', 'authorizer', 'steps', 'events'] as const

/**
 * What a cold start of the API's Lambda loads before its first request: the entry and all that it imports statically. KB are 1,024
 * minified bytes; `import_ms` is its import in a fresh process, process start not included.
 */
export default async function bundle(): Promise<object> {
  const api = bundleFamily('api')
  const times: number[] = []
  for (let i = 0; i < imports; i++) times.push(await coldImport(api))
  const statics = Buffer.concat(api.files.filter(({ isStatic }) => isStatic).map(({ bytes }) => bytes))
  return {
    entry_kb: kb(api.entryBytes),
    import_ms: percentile(times, 0.5),
    import_min_ms: percentile(times, 0),
    gz_kb: kb(gzipSync(statics).length),
    families: Object.fromEntries(families.map((family) => [family, sizes(bundleFamily(family))])),
  }
}

function sizes({ entryBytes, files }: Bundle): object {
  return { entry_kb: kb(entryBytes), total_kb: kb(files.reduce((sum, { bytes }) => sum + bytes.length, 0)) }
}

async function coldImport({ directory }: Bundle): Promise<number> {
  const entry = pathToFileURL(join(directory, 'index.mjs')).href
  const code = `const t = performance.now(); await import(${JSON.stringify(entry)}); console.log(performance.now() - t)`
  const env = { SLUICE_FUNCTION: 'api', SLUICE_STAGE: 'bench', AWS_REGION: 'eu-west-1' }
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { env })
  return Number(stdout)
}

function kb(bytes: number): number {
  return Math.round((bytes / 1024) * 10) / 10
}
