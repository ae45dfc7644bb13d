import type { JobSummary } from '../../../schemas/dashboard.ts'

/** Statuses as people ask for them. */
export const statusGroups: Record<string, readonly string[]> = {
  'under way': ['submitted', 'validating', 'queued', 'running', 'evaluating', 'gating'],
  succeeded: ['succeeded'],
  failed: ['failed'],
  refused: ['refused'],
  cancelled: ['cancelled'],
}

/** Jobs of a group of statuses in whose recipe, id, message or algorithm every typed word occurs. */
export function filterJobs(jobs: readonly JobSummary[], group: string, text: string): JobSummary[] {
  const typed = text.toLowerCase().split(/\s+/).filter(Boolean)
  return jobs.filter((job) => {
    if (group !== 'all' && !statusGroups[group]?.includes(job.status)) return false
    const { id, recipe, message, progress, kind, status } = job
    const whole = [id, `${recipe.name}@${recipe.version}`, message, progress?.algorithm, kind, status]
      .join(' ')
      .toLowerCase()
    return typed.every((word) => whole.includes(word))
  })
}
