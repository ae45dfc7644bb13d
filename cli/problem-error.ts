import type { Problem } from '../schemas/problem.ts'
import type { Paint } from './text/paint.ts'

export interface ProblemView {
  /** What to show in place of a JSON pointer into the request, for example `recipe.yaml:3:5 /seed`; undefined: the pointer itself. */
  locate?: (pointer: string) => string | undefined
  /** Only errors of this many different places are listed; all when absent. */
  places?: number
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
  const placed = errors.map((error) => ({ ...error, place: view.locate?.(error.pointer) ?? error.pointer }))
  const places = new Set([...new Set(placed.map(({ place }) => place))].slice(0, view.places))
  const shown = placed.filter(({ place }) => places.has(place))
  const lines = [`${paint('bad', 'error:')} ${problem.detail}`]
  shown.forEach(({ place, message, remedy }, i) => {
    lines.push(`  ${place === '' ? '' : `${paint('strong', place)}  `}${message}`)
    // The same remedy for a run of errors is said once, after the last of them.
    if (remedy !== '' && remedy !== shown[i + 1]?.remedy) lines.push(`      ${paint('dim', remedy)}`)
  })
  if (shown.length < errors.length) lines.push(`  ... and ${errors.length - shown.length} more: see all with --json`)
  if (status >= 500 && instance) lines.push(paint('dim', `  the server's log names this request ${instance}`))
  return lines
}
