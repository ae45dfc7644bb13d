import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { MetricLine, TrainerStatus } from '../../schemas/trainer-contract.ts'

const entry = fileURLToPath(new URL('../../containers/tiny-trainer/main.ts', import.meta.url))
export const shippedModel = fileURLToPath(new URL('../../containers/tiny-trainer/assets/tiny-llama/', import.meta.url))

export const job = 'job-aaaaaaaaaaaaaaaaaaaa'
export const recipeDigest = '1'.repeat(64)

export type Json = Record<string, unknown>
export type Workspace = {
  folder: string
  privateKey: KeyObject
  publicPem: string
  /** Writes a JSONL data set and returns its reference for a spec. */
  dataset(name: string, rows: readonly unknown[]): { name: string; uri: string; digest: string; rows: number }
  /** Writes a spec with a valid ticket; `overrides` replace fields after signing, `claims` before. */
  spec(fields: Json & { dataset: { digest: string } }, changes?: { claims?: Json; overrides?: Json }): string
  output(name: string): { path: string; uri: string }
}

/** A temporary folder with an Ed25519 key pair and writers for data sets and signed specs. */
export function createWorkspace(model: string = shippedModel): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'tiny-trainer-'))
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  let written = 0
  const output = (name: string) => ({ path: join(folder, name), uri: `${pathToFileURL(join(folder, name)).href}/` })
  return {
    folder,
    privateKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    output,
    dataset(name, rows) {
      const path = join(folder, `${name}.jsonl`)
      const content = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      writeFileSync(path, content)
      return { name, uri: pathToFileURL(path).href, digest: sha256(content), rows: rows.length }
    },
    spec(fields, { claims = {}, overrides = {} } = {}) {
      const modelDigest = sha256(readFileSync(join(model, 'MANIFEST.json')))
      const spec = {
        contract: 'sluice.trainer/1',
        job,
        profile: 'smoke',
        recipe_digest: recipeDigest,
        base_model: { id: 'sluice/tiny-llama', uri: pathToFileURL(model).href, digest: modelDigest },
        seed: 7,
        output_uri: output(`out-${written}`).uri,
        ...fields,
      }
      const payload = JSON.stringify({
        ticket: 'sluice.ticket/2',
        job,
        profile: 'smoke',
        recipe: recipeDigest,
        base_model: modelDigest,
        datasets: [{ digest: fields.dataset.digest, merkle_root: '4'.repeat(64) }],
        weights: null,
        thresholds: '5'.repeat(64),
        reports: { round1: '2'.repeat(64), round2: '3'.repeat(64) },
        shadow: { round1: null, round2: null },
        scorer_receipts: { round1: null, round2: null },
        image: null,
        code_version: '0.1.0',
        issued_at: '2026-01-01T00:00:00.000Z',
        expires_at: '2100-01-01T00:00:00.000Z',
        ...claims,
      })
      const signature = sign(null, Buffer.from(payload), privateKey).toString('base64')
      const path = join(folder, `spec-${written++}.json`)
      writeFileSync(path, JSON.stringify({ ...spec, ticket: { payload, key_id: 'test', signature }, ...overrides }))
      return path
    },
  }
}

export type Finished = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }
export type Running = { process: ChildProcess; finished: Promise<Finished>; line(pattern: RegExp): Promise<void> }

/** Starts the trainer process on a spec file. */
export function startTrainer(specPath: string, publicPem: string, env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [entry], {
    env: {
      PATH: process.env.PATH,
      SLUICE_SPEC_URI: pathToFileURL(specPath).href,
      SLUICE_TICKET_PUBLIC_KEY: publicPem,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let seen = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (data) => {
    seen += data
    for (const check of watchers) check()
  })
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const errors = text(child.stderr)
  const finished = closed.then(async ([code, signal]) => ({ code, signal, stdout: seen, stderr: await errors }))
  return {
    process: child,
    finished,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!pattern.test(seen)) return
          watchers.delete(check)
          resolve()
        }
        watchers.add(check)
        finished.then(({ stderr }) => reject(new Error(`ended before printing ${pattern}: ${stderr}`)))
        check()
      }),
  }
}

/** Runs the trainer to its end. */
export function runTrainer(specPath: string, publicPem: string, env: Record<string, string> = {}): Promise<Finished> {
  return startTrainer(specPath, publicPem, env).finished
}

/** Every shipped metric line in segment order; fails when segment numbers have a gap. */
export function readMetrics(output: string): MetricLine[] {
  const folder = join(output, 'metrics')
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).sort()
  return names.flatMap((name, i) => {
    if (name !== `${String(i).padStart(8, '0')}.jsonl`) throw new Error(`segment ${i} is missing: ${names}`)
    return readFileSync(join(folder, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as MetricLine)
  })
}

export function readStatus(output: string): TrainerStatus {
  return JSON.parse(readFileSync(join(output, 'status.json'), 'utf8'))
}

export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex')
}

export function sha256File(path: string): string {
  return sha256(readFileSync(path))
}

/** Creates a folder and writes text files into it. */
export function writeFolder(folder: string, files: Record<string, Uint8Array | string>): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
}
