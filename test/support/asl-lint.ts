import { lintTask, type TaskContext } from './asl-lint-task.ts'

export interface State {
  Type: string
  Next?: string
  End?: boolean
  Default?: string
  Choices?: { Next: string }[]
  Catch?: { ErrorEquals: string[]; Next: string }[]
  Retry?: { ErrorEquals: string[] }[]
  Branches?: Block[]
  ItemProcessor?: Block
  Resource?: string
  TimeoutSeconds?: number
  Arguments?: Record<string, unknown>
}

export interface Block {
  StartAt: string
  States: Record<string, State>
}

export interface LintContext extends TaskContext {
  /** Names that have a substitution. */
  substitutions: readonly string[]
}

/** Step Functions ends the execution on these, whatever the machine catches. */
const uncatchable = ['States.Runtime', 'States.DataLimitExceeded']
const terminal = ['Succeed', 'Fail', 'Choice']

/** What Step Functions accepts and nobody wants: `place: problem` for each. An empty list is a clean machine. */
export function lintMachine(machine: Block & { TimeoutSeconds?: number }, context: LintContext): string[] {
  return [
    ...(machine.TimeoutSeconds === undefined ? ['machine: no TimeoutSeconds, it may run for a year'] : []),
    ...lintPlaceholders(machine, context.substitutions),
    ...lintBlock(machine, { place: '', caught: false }, context),
  ]
}

function lintPlaceholders(machine: object, known: readonly string[]): string[] {
  const used = [...JSON.stringify(machine).matchAll(/\$\{([^{}]*)\}/g)].map(([, name]) => name as string)
  return [...new Set(used)].filter((name) => !known.includes(name)).map((name) => `\${${name}}: no substitution`)
}

interface Where {
  place: string
  /** A state around this block catches States.ALL. */
  caught: boolean
}

function lintBlock(block: Block, where: Where, context: LintContext): string[] {
  const handlers = reachableFrom(
    block,
    Object.values(block.States).flatMap(({ Catch = [] }) => Catch.map(({ Next }) => Next)),
  )
  const reached = reachableFrom(block, [block.StartAt])
  return [
    ...(block.States[block.StartAt] ? [] : [`${where.place || 'machine'}: StartAt ${block.StartAt} does not exist`]),
    ...Object.entries(block.States).flatMap(([name, state]) => {
      const place = `${where.place}${name}`
      const caught = where.caught || catchesAll(state)
      return [
        ...(reached.has(name) ? [] : [`${place}: nothing leads to it`]),
        ...lintFlow(block, place, state),
        ...lintErrors(place, state),
        ...(state.Type === 'Task' ? lintTask(place, state, context) : []),
        // What handles a failure has nobody left to catch its own.
        ...(state.Type === 'Task' && !caught && !handlers.has(name)
          ? [`${place}: no Catch of States.ALL on its way`]
          : []),
        ...innerBlocks(state).flatMap((inner) => lintBlock(inner, { place: `${place}/`, caught }, context)),
      ]
    }),
  ]
}

function lintFlow(block: Block, place: string, state: State): string[] {
  const missing = nextStates(state).filter((next) => !block.States[next])
  const ways = (state.Next === undefined ? 0 : 1) + (state.End === true ? 1 : 0)
  return [
    ...missing.map((next) => `${place}: leads to ${next}, which does not exist`),
    ...(terminal.includes(state.Type) || ways === 1 ? [] : [`${place}: needs either Next or End`]),
    ...(state.Type === 'Choice' && state.Default === undefined ? [`${place}: no Default`] : []),
  ]
}

function lintErrors(place: string, { Catch = [], Retry = [] }: State): string[] {
  const named = [...Catch, ...Retry].flatMap(({ ErrorEquals }) => ErrorEquals)
  return named.filter((error) => uncatchable.includes(error)).map((error) => `${place}: ${error} cannot be caught`)
}

function catchesAll({ Catch = [] }: State): boolean {
  return Catch.some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'))
}

function innerBlocks({ Branches = [], ItemProcessor }: State): Block[] {
  return ItemProcessor ? [...Branches, ItemProcessor] : Branches
}

function nextStates({ Next, Default, Choices = [], Catch = [] }: State): string[] {
  return [Next, Default, ...Choices.map((each) => each.Next), ...Catch.map((each) => each.Next)].filter(
    (next) => next !== undefined,
  )
}

function reachableFrom({ States }: Block, starts: string[]): Set<string> {
  const reached = new Set<string>()
  const open = [...starts]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = States[name]
    if (!state || reached.has(name)) continue
    reached.add(name)
    open.push(...nextStates(state))
  }
  return reached
}
