import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildSync, type Metafile } from 'esbuild'
import type { Deployable } from '../functions/manifest.ts'

/** What is bundled: the families of functions, and the data builder. */
type Family = Deployable['family'] | 'builder'

const entries: Record<Family, string> = {
  api: 'functions/api/lambda.ts',
  stream: 'functions/api/stream-lambda.ts',
  authorizer: 'functions/api/authorizer-lambda.ts',
  steps: 'functions/steps/lambda.ts',
  events: 'functions/events/lambda.ts',
  builder: 'functions/builder/main.ts',
}

/** Families that start worker threads, of the file `worker.mjs` beside their entry. */
const threaded: readonly Family[] = ['steps', 'builder']
const workerEntry = 'functions/worker/thread.ts'

const root = join(import.meta.dirname, '..')
const made = new Map<Family, Bundle>()

export interface Bundle {
  /** Holds nothing but the bundle: the asset of the family's functions, or the context of an image. Named by its content. */
  directory: string
  handler: string
  /** Bytes of the entry and of everything that it imports statically: what every cold start loads. Threads load the worker. */
  entryBytes: number
  /** Every file, with the entry first. `isStatic`: the entry, or imported statically from it. */
  files: { name: string; bytes: Uint8Array; isStatic: boolean }[]
  /** What went into the entry and its chunks, as esbuild reports it. */
  metafile: Metafile
}

/**
 * The bundle of a family, built once per process. The same sources give the same bytes in the same directory, so several processes
 * may build at once. Throws esbuild's error.
 */
export function bundleFamily(family: Family): Bundle {
  const bundle = made.get(family) ?? build(entries[family], { worker: threaded.includes(family) })
  made.set(family, bundle)
  return bundle
}

/** Builds one entry afresh, with the worker beside it where it starts threads. */
export function build(entry: string, { worker = false } = {}): Bundle {
  const { outputFiles, metafile } = esbuild('index', entry)
  const statics = reached(metafile, 'index', ['import-statement'])
  const made = [
    ...outputFiles.map(({ path, contents }) => file(path, contents, statics.has(basename(path)))),
    // Built by itself: chunks shared with the worker would load its operators into every cold start.
    ...(worker ? esbuild('worker', workerEntry).outputFiles : []).map((each) => file(each.path, each.contents, false)),
  ]
  // What both load has the same name only where it has the same bytes.
  const files = [...new Map(made.toReversed().map((each) => [each.name, each])).values()].toSorted(
    (a, b) => Number(b.name === 'index.mjs') - Number(a.name === 'index.mjs') || (a.name < b.name ? -1 : 1),
  )
  return {
    directory: written(files),
    handler: 'index.handler',
    entryBytes: files.reduce((sum, { bytes, isStatic }) => sum + (isStatic ? bytes.length : 0), 0),
    files,
    metafile,
  }
}

function file(path: string, bytes: Uint8Array, isStatic: boolean) {
  return { name: basename(path), bytes, isStatic }
}

function esbuild(name: string, entry: string) {
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: { [name]: entry },
    outdir: 'dist/lambda',
    outExtension: { '.js': '.mjs' },
    write: false,
    metafile: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The SDK's ES modules: half of the bytes of its default entry points.
    mainFields: ['module', 'main'],
    // What sits behind `await import()` becomes a file that only the request that needs it loads.
    splitting: true,
    chunkNames: '[name]-[hash]',
    minify: true,
    // No source maps: they would be larger than the code, and the same commit builds the same bytes again.
    sourcemap: false,
    legalComments: 'none',
    // CommonJS packages call `require` for node's own modules. A short name would meet one of the minifier's.
    banner: { js: "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);" },
    logLevel: 'silent',
  })
  // Where code that was shaken off imports a library when it is called, esbuild leaves the library.
  const needed = reached(metafile, name, ['import-statement', 'dynamic-import'])
  return { outputFiles: outputFiles.filter(({ path }) => needed.has(basename(path))), metafile }
}

/** Names of the entry's file and of every file it reaches by imports of these kinds. */
function reached({ outputs }: Metafile, entry: string, kinds: readonly string[]): Set<string> {
  const found = new Set<string>()
  const queue = Object.keys(outputs).filter((path) => basename(path) === `${entry}.mjs`)
  for (const path of queue) {
    if (found.has(basename(path))) continue
    found.add(basename(path))
    const imports = outputs[path]?.imports ?? []
    queue.push(...imports.filter(({ kind, external }) => kinds.includes(kind) && !external).map((each) => each.path))
  }
  return found
}

/** Appears whole or not at all, so that a second process never packs half a bundle. */
function written(files: Bundle['files']): string {
  const digest = createHash('sha256')
  for (const { name, bytes } of files) digest.update(`${name}\0${bytes.length}\0`).update(bytes)
  const parent = join(root, 'dist', 'lambda')
  const directory = join(parent, digest.digest('hex').slice(0, 32))
  if (existsSync(directory)) return directory
  mkdirSync(parent, { recursive: true })
  const draft = mkdtempSync(join(parent, 'draft-'))
  for (const { name, bytes } of files) writeFileSync(join(draft, name), bytes)
  try {
    renameSync(draft, directory)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(directory)) throw error
  }
  return directory
}
