/** What JSONata 2.0.6, the version of Step Functions, and Step Functions itself define. `$eval` is not among them. */
export const knownFunctions: ReadonlySet<string> = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains
  replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power random boolean not
  map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle distinct
  base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis fromMillis now millis clone
  partition range hash parse uuid`.split(/\s+/),
)

const changing: ReadonlySet<string> = new Set(['now', 'millis', 'random', 'uuid', 'shuffle'])

/** Whether two evaluations of the function may differ. */
export function isChanging(name: string): boolean {
  return changing.has(name)
}

type Tree = { [member: string]: Tree } | true

/** The members of `$states.context`; `true` for those that hold a whole value. */
const context: Tree = {
  Execution: { Id: true, Input: true, Name: true, StartTime: true },
  StateMachine: { Id: true, Name: true },
  State: { EnteredTime: true, Name: true, RetryCount: true },
  Map: { Item: { Index: true, Value: true } },
}

/** The first step of a path below `$states.context` that does not exist, or undefined. */
export function unknownContextStep(path: string[]): string | undefined {
  let tree: Tree | undefined = context
  for (const step of path) {
    if (tree === true) return undefined
    tree = tree[step]
    if (tree === undefined) return step
  }
  return undefined
}
