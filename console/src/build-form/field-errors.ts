import type { Problem } from '../../../schemas/problem.ts'

type Breach = Problem['errors'][number]

/** What is wrong with the field at `pointer`, or with something inside it. */
export function errorsAt(problem: Problem | undefined, pointer: string): Breach[] {
  return (problem?.errors ?? []).filter((each) => each.pointer === pointer || each.pointer.startsWith(`${pointer}/`))
}
