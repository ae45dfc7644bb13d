import type { Problem } from '../../../schemas/problem.ts'

/** An answer that is not what was asked for, as RFC 9457 has it. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.problem = problem
  }

  /** Any answer; what is no problem document, for example of a proxy in between, becomes one. */
  static fromAnswer(status: number, text: string): ProblemError {
    try {
      const found = JSON.parse(text) as Problem
      if (typeof found.title === 'string' && typeof found.detail === 'string')
        return new ProblemError({ ...found, errors: Array.isArray(found.errors) ? found.errors : [] })
    } catch {
      // Said below.
    }
    return new ProblemError({
      type: '/problems/unknown',
      title: `The answer cannot be read (HTTP ${status})`,
      status,
      detail: text.slice(0, 300) || 'The answer is empty.',
      errors: [],
    })
  }
}

/** No answer at all. */
export function unreachable(): ProblemError {
  return new ProblemError({
    type: '/problems/unreachable',
    title: 'The server does not answer',
    status: 0,
    detail: `Nothing answers at ${location.origin}. Is the server still running? Start it with: sluice up`,
    errors: [],
  })
}

/** Whatever was thrown, as a problem that can be shown. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  return {
    type: '/problems/page',
    title: 'This page has a defect',
    status: 0,
    detail: error instanceof Error ? error.message : String(error),
    errors: [],
  }
}
