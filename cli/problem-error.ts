import type { Problem } from '../schemas/problem.ts'
import type { Paint } from './text/paint.ts'

export interface ProblemView {
  /** Where a JSON pointer of the request lies in what the user wrote, for example `recipe.yaml:3:5`. */
  locate?: (pointer: string) => string | undefined
  /** How many errors are listed; all when absent. */
  limit?: number
  /** 2: a gate or preflight said no. */
  exitCode?: 1 | 2
}

/** The CLI's only error: the API's problem document, or one of the CLI's own in the same shape (status 0). */
export class ProblemError extends Error {
  readonly problem: Problem
  readonly view: ProblemView

  constructor(problem: Problem, view: ProblemView = {}) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.problem = problem
    this.view = view
  }

  /** A problem found on this side of the wire. */
  static local(code: string, detail: string, errors: Problem['errors'] = [], view: ProblemView = {}): ProblemError {
    return new ProblemError(
      { type: `/problems/${code}`, title: code.replaceAll('_', ' '), status: 0, detail, errors },
      view,
    )
  }

  /** The same problem, seen by a command that knows more about it. */
  with(view: ProblemView): ProblemError {
    return new ProblemError(this.problem, { ...this.view, ...view })
  }

  is(code: string): boolean {
    return this.problem.type === `/problems/${code}`
  }

  get exitCode(): 1 | 2 {
    return this.view.exitCode ?? 1
  }
}

/** Every error with its place, message and remedy. */
export function formatProblem(error: ProblemError, paint: Paint): string[] {
  const { problem, view } = error
  const { errors, status, instance } = problem
  const shown = errors.slice(0, view.limit ?? errors.length)
  const lines = [`${paint('bad', 'error:')} ${problem.detail}`]
  for (const each of shown) {
    const place = [view.locate?.(each.pointer), each.pointer].filter(Boolean).join(' ')
    lines.push(`  ${place === '' ? '' : `${paint('strong', place)}  `}${each.message}`)
    if (each.remedy) lines.push(`      ${paint('dim', each.remedy)}`)
  }
  if (shown.length < errors.length)
    lines.push(`  ... and ${errors.length - shown.length} more problems; --json lists all ${errors.length}`)
  if (status >= 500 && instance) lines.push(paint('dim', `  the server's log names this request ${instance}`))
  return lines
}
