import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GenerateManifest, type TrainerSpec, TrainManifest } from '../../schemas/trainer-contract.ts'
import { TrainerExit } from './exit.ts'
import { type FileDigests, verifyFiles, writeDurably } from './files.ts'

export const framework = { framework: 'sluice-tiny-trainer', framework_version: '0.1.0' } as const

/** Writes `manifest.json`: the last file of a finished run. */
export function writeManifest(output: string, manifest: TrainManifest | GenerateManifest): void {
  writeDurably(join(output, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/**
 * Whether the output folder already holds this spec's finished, verified result. Throws a `badInput` exit when it holds
 * something else, because a finished result is never overwritten.
 */
export function isFinished(output: string, spec: TrainerSpec): boolean {
  const path = join(output, 'manifest.json')
  if (!existsSync(path)) return false
  const schema = spec.mode === 'train' ? TrainManifest : GenerateManifest
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new TrainerExit('badInput', [`${path} is not the manifest of a ${spec.mode} run`])
  const manifest = parsed.data
  const expected: Record<string, unknown> = { job: spec.job, dataset_digest: spec.dataset.digest, ...own(spec) }
  const differences = Object.entries(expected).filter(
    ([key, value]) => manifest[key as keyof typeof manifest] !== value,
  )
  if (manifest.base_model.digest !== spec.base_model.digest) differences.push(['base_model', spec.base_model.digest])
  const problems = [
    ...differences.map(([key, value]) => `${path} is of another run: its ${key} is not ${value}`),
    ...verifyFiles(output, manifest.files satisfies FileDigests),
  ]
  if (problems.length > 0) throw new TrainerExit('badInput', problems)
  return true
}

function own(spec: TrainerSpec): Record<string, unknown> {
  if (spec.mode === 'generate') return { evaluation: spec.evaluation }
  const { stage, attempt, algorithm, recipe_digest, planned_steps } = spec
  return { stage, attempt, algorithm, recipe_digest, global_step: planned_steps }
}
