import { sha256 } from '../../../core/platform/digest.ts'
import type { Comparison } from '../../../schemas/evaluation.ts'
import type { ModelVersion } from '../../../schemas/registry.ts'
import { jobId } from './subject.ts'

export function comparison(change: Partial<Comparison> = {}): Comparison {
  return {
    suite: 'quiz',
    suite_digest: sha256('suite'),
    n: 100,
    base: { evaluation: 'ev-a', correct: 50, accuracy: 0.5 },
    candidate: { evaluation: 'ev-b', correct: 60, accuracy: 0.6 },
    only_candidate_right: 15,
    only_base_right: 5,
    difference: 0.1,
    interval: [0.02, 0.18],
    p: 0.04,
    verdict: 'better',
    ...change,
  }
}

/** A version that may move anywhere, but for `change`. */
export function modelVersion(change: Partial<ModelVersion> = {}): ModelVersion {
  const digest = sha256('any')
  return {
    name: 'model',
    version: 1,
    state: 'candidate',
    job: jobId,
    profile: 'prod',
    recipe: { name: 'recipe', version: 1, digest },
    base_model: { id: 'tiny-llama', digest },
    datasets: [],
    artifact: { key: 'jobs/j/', manifest_digest: digest },
    evaluation: 'ev-b',
    comparison: comparison(),
    gate: { verdict: 'pass', rules: [] },
    created_at: '2026-01-01T00:00:00.000Z',
    ...change,
  }
}
