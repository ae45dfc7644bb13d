import type { Attempt, Job, Stage } from '../../schemas/job.ts'
import { TrainManifest } from '../../schemas/trainer-contract.ts'
import { type Cursor, getCursor } from '../metrics/metric-store.ts'
import { sha256, sha256OfBlob } from '../platform/digest.ts'
import { isFault } from '../platform/fault.ts'
import { parseStored } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'
import { attemptFolder } from './artifacts.ts'

export type Verification = { ok: true; artifact: NonNullable<Stage['artifact']> } | { ok: false; problems: string[] }

/**
 * Success is the planned steps covered and a verified manifest, never the exit code alone: the manifest names this attempt and
 * all planned steps, its files are stored with their digests, and the metrics of the attempts cover every step without a hole.
 */
export async function verifyAttempt(
  platform: Pick<Platform, 'blobs' | 'metrics'>,
  job: Job,
  stage: Stage,
  attempt: number,
): Promise<Verification> {
  const folder = attemptFolder(job.id, stage, attempt)
  const bytes = await platform.blobs.get(`${folder}manifest.json`)
  if (!bytes)
    return { ok: false, problems: [`${folder}manifest.json is missing: the trainer exited before it finished`] }
  let manifest: TrainManifest
  try {
    manifest = parseStored(TrainManifest, bytes, `${folder}manifest.json`)
  } catch (error) {
    return { ok: false, problems: [(error as Error).message] }
  }
  const problems = [
    ...identityProblems(job, stage, attempt, manifest),
    ...(await fileProblems(platform, folder, manifest)),
    ...(await coverageProblems(platform, job, stage, attempt)),
  ]
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, artifact: { key: folder, manifest_digest: sha256(bytes) } }
}

function identityProblems(job: Job, stage: Stage, attempt: number, manifest: TrainManifest): string[] {
  const expected: [string, unknown, unknown][] = [
    ['job', manifest.job, job.id],
    ['stage', manifest.stage, stage.index],
    ['attempt', manifest.attempt, attempt],
    ['algorithm', manifest.algorithm, stage.algorithm],
    ['recipe_digest', manifest.recipe_digest, job.recipe.digest],
    ['base_model digest', manifest.base_model.digest, job.base_model.digest],
    ['dataset_digest', manifest.dataset_digest, job.datasets.stages[stage.index]?.digest],
    ['global_step', manifest.global_step, stage.planned_steps],
  ]
  return expected
    .filter(([, found, wanted]) => found !== wanted)
    .map(([name, found, wanted]) => `manifest ${name} is ${found}, expected ${wanted}`)
}

async function fileProblems(
  platform: Pick<Platform, 'blobs'>,
  folder: string,
  manifest: TrainManifest,
): Promise<string[]> {
  if (Object.keys(manifest.files).length === 0) return ['the manifest lists no files']
  const problems: string[] = []
  for (const [name, file] of Object.entries(manifest.files)) {
    try {
      const stored = await sha256OfBlob(platform.blobs, folder + name)
      if (stored.sha256 !== file.sha256)
        problems.push(`${name} has sha256 ${stored.sha256}, the manifest says ${file.sha256}`)
      if (stored.size === 0) problems.push(`${name} is empty`)
    } catch (error) {
      if (isFault(error, 'not_found')) problems.push(`${name} is in the manifest but not stored`)
      else if (isFault(error, 'invalid')) problems.push(`${JSON.stringify(name)} in the manifest is not a file name`)
      else throw error
    }
  }
  return problems
}

async function coverageProblems(
  platform: Pick<Platform, 'metrics'>,
  job: Job,
  stage: Stage,
  attempt: number,
): Promise<string[]> {
  const ran: { attempt: Attempt; cursor: Cursor }[] = []
  for (const each of stage.attempts.filter(({ number }) => number <= attempt)) {
    ran.push({
      attempt: each,
      cursor: await getCursor(platform.metrics, { job: job.id, stage: stage.index, attempt: each.number }),
    })
  }
  return coverageHoles(ran, stage.planned_steps)
}

/** Which steps from 1 to `planned` no attempt logged, following each attempt from the step it resumed at. Pure. */
export function coverageHoles(
  ran: {
    attempt: Pick<Attempt, 'number' | 'resumed_from_step'>
    cursor: Pick<Cursor, 'first_step' | 'last_step' | 'contiguous'>
  }[],
  planned: number,
): string[] {
  let covered = 0
  for (const { attempt, cursor } of ran) {
    if (cursor.first_step === null || cursor.last_step === null) continue
    if (!cursor.contiguous) return [`the steps of attempt ${attempt.number} are not strictly increasing by one`]
    if (cursor.first_step !== attempt.resumed_from_step + 1)
      return [
        `attempt ${attempt.number} resumed at step ${attempt.resumed_from_step} but logged step ${cursor.first_step} first`,
      ]
    if (attempt.resumed_from_step > covered) return [`steps ${covered + 1} to ${attempt.resumed_from_step} are missing`]
    covered = cursor.last_step
  }
  if (covered === planned) return []
  return [
    covered < planned
      ? `steps ${covered + 1} to ${planned} are missing`
      : `step ${covered} is beyond the planned ${planned}`,
  ]
}
