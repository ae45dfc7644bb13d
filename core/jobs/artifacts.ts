import type { Job, Stage } from '../../schemas/job.ts'
import type { Blobs } from '../platform/ports.ts'

/** Where an attempt writes. Ends with a slash. */
export function attemptFolder(job: string, stage: Pick<Stage, 'index' | 'algorithm'>, attempt: number): string {
  return `${stageFolder(job, stage)}attempts/${attempt}/`
}

export function stageFolder(job: string, stage: Pick<Stage, 'index' | 'algorithm'>): string {
  return `jobs/${job}/stages/${stage.index}-${stage.algorithm}/`
}

/** The compute job of an attempt: one attempt, one compute job. */
export function attemptName(job: string, stage: number, attempt: number): string {
  return `${job}-s${stage}-a${attempt}`
}

/** The artifact of the last stage before `index` that succeeded: what the stage at `index` starts from. */
export function artifactBefore(job: Job, index: number): Stage['artifact'] {
  return job.stages.slice(0, index).findLast((stage) => stage.artifact)?.artifact
}

/** The URI of a folder whose key ends with a slash; so does the URI. */
export function folderUri(blobs: Pick<Blobs, 'uri'>, folder: string): string {
  return `${blobs.uri(folder.replace(/\/$/, ''))}/`
}
