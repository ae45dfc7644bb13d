import { isChanging, knownFunctions, unknownContextStep } from './expression-names.ts'

/** What an expression may use where it stands. */
export interface Surroundings {
  /** Variables assigned in the scope of the state and in the scopes around it. */
  variables: ReadonlySet<string>
  /** Members of `$states` beyond `input` and `context`. */
  offers: ReadonlySet<'result' | 'errorOutput'>
  inMap: boolean
}

export interface Finding {
  code: string
  message: string
  remedy: string
}

export interface Lint {
  findings: Finding[]
  /** Two evaluations with the same variables may differ. */
  changing: boolean
}

interface Node extends Record<string, unknown> {
  type: string
  value?: unknown
  position?: number
}

/** Finds what would fail at run time or differ on AWS: unknown names, `$`, `$eval`, syntax newer than JSONata 2.0.6. */
export function lintExpression(source: string, ast: object, surroundings: Surroundings): Lint {
  const findings: Finding[] = []
  const local = new Set<string>()
  let changing = false
  const find = (code: string, message: string, remedy: string) => findings.push({ code, message, remedy })

  collectLocal(ast as Node)
  visit(ast as Node, false)
  return { findings, changing }

  function collectLocal(node: Node): void {
    if (node.type === 'bind') local.add(String((node.lhs as Node).value))
    if (node.type === 'lambda') for (const argument of nodesIn(node.arguments)) local.add(String(argument.value))
    for (const marker of ['focus', 'index']) if (typeof node[marker] === 'string') local.add(String(node[marker]))
    for (const child of children(node)) collectLocal(child)
  }

  /** `hasContext`: the node is evaluated against an item, so that field names and `$` mean something. */
  function visit(node: Node, hasContext: boolean): void {
    if (node.type === 'path') {
      visitPath(node, hasContext)
      return
    }
    if (node.type === 'variable') visitVariable(node, hasContext)
    else if (isFieldAccess(node) && !hasContext) reportUnqualified(node)
    if (node.type === 'condition') visitOperator(node)
    const inner = hasContext || node.type === 'lambda' || node.type === 'transform'
    for (const child of ownParts(node)) visit(child, inner)
    for (const child of itemParts(node)) visit(child, true)
  }

  function visitPath(node: Node, hasContext: boolean): void {
    const [first, ...rest] = nodesIn(node.steps)
    if (first?.type === 'variable' && first.value === 'states') visitStates(first, rest)
    else if (first) visit(first, hasContext)
    for (const part of first ? itemParts(first) : []) visit(part, true)
    for (const step of rest) visit(step, true)
    for (const part of itemParts(node)) visit(part, true)
  }

  function visitStates(first: Node, steps: Node[]): void {
    const [member, ...below] = leadingNames(first, steps)
    if (member === undefined) changing = true
    if (member === 'context') visitContext(below)
    if (member === undefined || member === 'input' || member === 'context') return
    if (member !== 'result' && member !== 'errorOutput') {
      find(
        'unknown_name',
        `$states.${member} does not exist`,
        'use $states.input, $states.result, $states.errorOutput or $states.context',
      )
    } else if (!surroundings.offers.has(member)) {
      find(
        'unavailable',
        `$states.${member} is not available here`,
        member === 'result'
          ? 'use it in Output or Assign of a Task, Map or Parallel state'
          : 'use it in Output or Assign of a Catch',
      )
    }
  }

  function visitContext(path: string[]): void {
    const unknown = unknownContextStep(path)
    if (unknown !== undefined)
      find(
        'unsupported',
        `$states.context.${path.join('.')}: "${unknown}" is not implemented`,
        'use Execution, StateMachine, State or Map.Item',
      )
    else if (path[0] === 'Map' && !surroundings.inMap)
      find('unavailable', '$states.context.Map exists only inside a Map state', 'pass the item through the state input')
    if (path.length === 0 || (path[0] === 'State' && path[1] !== 'Name' && path[1] !== 'RetryCount')) changing = true
  }

  function visitVariable(node: Node, hasContext: boolean): void {
    const name = String(node.value)
    if (name === 'states') {
      changing = true
      return
    }
    if (name === '' ? !hasContext : name === '$') {
      find(
        'unqualified',
        `"$${name}" has no meaning in a state machine: there is no input document`,
        'start from $states.input, $states.result or a variable',
      )
    } else if (name === 'eval') {
      find('unsupported', '$eval does not exist in Step Functions', 'use $parse to read JSON text')
    } else if (isChanging(name) && !local.has(name)) changing = true
    else if (name !== '' && !local.has(name) && !surroundings.variables.has(name) && !knownFunctions.has(name)) {
      find(
        'unknown_name',
        `$${name} is neither a variable assigned in this scope nor a function`,
        'assign it in an earlier state, or correct the name',
      )
    }
  }

  function visitOperator(node: Node): void {
    const operator = source.slice((node.position ?? 0) - 2, node.position)
    if (operator === '??' || operator === '?:') {
      find(
        'unsupported',
        `operator "${operator}" is newer than JSONata 2.0.6, which Step Functions runs`,
        'write $exists(a) ? a : b',
      )
    }
  }

  function reportUnqualified(node: Node): void {
    const what = node.type === 'name' ? `field name "${node.value}"` : `"${node.value}"`
    find(
      'unqualified',
      `${what} stands without what it is a part of: there is no input document`,
      'start from $states.input, $states.result or a variable',
    )
  }
}

function isFieldAccess(node: Node): boolean {
  return node.type === 'name' || node.type === 'wildcard' || node.type === 'descendant' || node.type === 'parent'
}

/** The plain names after `$states`, up to the first step that is something else. */
function leadingNames(first: Node, steps: Node[]): string[] {
  if (first.predicate !== undefined || first.stages !== undefined) return []
  const end = steps.findIndex((step) => step.type !== 'name')
  return (end < 0 ? steps : steps.slice(0, end)).map((step) => String(step.value))
}

/** The parts evaluated against the items the node yields: filters, grouping, sorting. */
function itemParts(node: Node): Node[] {
  return ['predicate', 'stages', 'group', 'terms'].flatMap((key) => nodesIn(node[key]))
}

function ownParts(node: Node): Node[] {
  const skipped = new Set(['predicate', 'stages', 'group', 'terms'])
  return Object.entries(node).flatMap(([key, value]) => (skipped.has(key) ? [] : nodesIn(value)))
}

function children(node: Node): Node[] {
  return Object.values(node).flatMap(nodesIn)
}

/** Every node directly inside a value: arrays and the helper objects of the tree are looked through. */
function nodesIn(value: unknown): Node[] {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return []
  if (Array.isArray(value)) return value.flatMap(nodesIn)
  if ('type' in value && typeof value.type === 'string') return [value as Node]
  return Object.values(value).flatMap(nodesIn)
}
