import type { Job } from '../../../schemas/job.ts'

const kinds = { training: 'training', evaluation: 'evaluation', preflight: 'preflight only' }

/** What a job does, in words. A record without a kind trains. */
export function jobKind({ kind }: Pick<Job, 'kind'>): string {
  return kinds[kind ?? 'training']
}
