import type { Subject } from '../../schemas/evaluation.ts'
import type { Job, Stage } from '../../schemas/job.ts'
import type { TrainerSpec } from '../../schemas/trainer-contract.ts'
import type { Blobs } from '../platform/ports.ts'

/** Where an attempt writes. Ends with a slash. */
export function attemptFolder(job: string, stage: Pick<Stage, 'index' | 'algorithm'>, attempt: number): string {
  return `jobs/${job}/stages/${stage.index}-${stage.algorithm}/attempts/${attempt}/`
}

/** The compute job of an attempt: one attempt, one compute job. */
export function attemptName(job: string, stage: number, attempt: number): string {
  return `${job}-s${stage}-a${attempt}`
}

/** Whose attempt a compute job is; undefined for the compute job of an evaluation, which several jobs may wait for. */
export function attemptOf(computeJob: string): { job: string; stage: number; attempt: number } | undefined {
  const [, job, stage, attempt] = /^(job-[a-z0-9]+)-s(\d+)-a(\d+)$/.exec(computeJob) ?? []
  return job === undefined ? undefined : { job, stage: Number(stage), attempt: Number(attempt) }
}

/** The compute job of an evaluation's attempt. */
export function generationName(evaluation: string, attempt: number): string {
  return `${evaluation}-a${attempt}`
}

/** The evaluation, and its attempt, that a compute job generates responses for; undefined for one that does not. */
export function generationOf(computeJob: string): { evaluation: string; attempt: number } | undefined {
  const [, evaluation, attempt] = /^(ev-[a-z0-9]{20})-a(\d+)$/.exec(computeJob) ?? []
  return evaluation === undefined ? undefined : { evaluation, attempt: Number(attempt) }
}

/** The artifact of the last stage before `index` that succeeded: what the stage at `index` starts from. */
export function artifactBefore(job: Job, index: number): Stage['artifact'] {
  return job.stages.slice(0, index).findLast((stage) => stage.artifact)?.artifact
}

/** The adapter in a stage's verified artifact. */
export function adapterOf(artifact: NonNullable<Stage['artifact']>): NonNullable<Subject['adapter']> {
  return {
    manifest_key: `${artifact.key}manifest.json`,
    manifest_digest: artifact.manifest_digest,
    final_key: `${artifact.key}final/`,
  }
}

/** An adapter as a trainer's spec names it. */
export function adapterUris(
  blobs: Pick<Blobs, 'uri'>,
  { final_key, manifest_key }: NonNullable<Subject['adapter']>,
): NonNullable<TrainerSpec['adapter']> {
  return { uri: folderUri(blobs, final_key), manifest_uri: blobs.uri(manifest_key) }
}

/** The URI of a folder whose key ends with a slash; so does the URI. */
export function folderUri(blobs: Pick<Blobs, 'uri'>, folder: string): string {
  return `${blobs.uri(folder.replace(/\/$/, ''))}/`
}
