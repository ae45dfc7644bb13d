import { exitCodes } from '../../schemas/trainer-contract.ts'

type ExitName = Exclude<keyof typeof exitCodes, 'done'>

/** Ends the process with one of the contract's exit codes; every problem found is listed, not only the first. */
export class TrainerExit extends Error {
  readonly code: number
  readonly problems: readonly string[]

  constructor(name: ExitName, problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = name
    this.code = exitCodes[name]
    this.problems = problems
  }
}

/** The message of anything thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
