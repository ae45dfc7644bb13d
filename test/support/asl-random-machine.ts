import fc from 'fast-check'

/** A state before it has a name and a place. Every failure in it is retried or caught where it happens. */
export type Sketch =
  | { kind: 'task'; failures: number; retries: number; catches: boolean; limited: boolean }
  | { kind: 'assign'; value: number }
  | { kind: 'wait'; seconds: number }
  | { kind: 'choice'; threshold: number }
  | { kind: 'map'; items: number; limit: number; block: Sketch[] }
  | { kind: 'parallel'; branches: Sketch[][] }

const leaf: fc.Arbitrary<Sketch> = fc.oneof(
  fc.record({
    kind: fc.constant('task' as const),
    failures: fc.nat(2),
    retries: fc.nat(2),
    catches: fc.constant(true),
    limited: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('assign' as const), value: fc.nat(9) }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(3) }),
  fc.record({ kind: fc.constant('choice' as const), threshold: fc.nat(20) }),
)

const blockOf = (state: fc.Arbitrary<Sketch>) => fc.array(state, { minLength: 1, maxLength: 3 })

const { block } = fc.letrec<{ block: Sketch[]; state: Sketch }>((tie) => ({
  block: blockOf(tie('state')),
  state: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ kind: fc.constant('map' as const), items: fc.nat(3), limit: fc.nat(2), block: tie('block') }),
    fc.record({
      kind: fc.constant('parallel' as const),
      branches: fc.array(tie('block'), { minLength: 1, maxLength: 2 }),
    }),
  ),
}))

export const randomMachine = block

/** The states of a sketch: a chain, in which every state hands on `{ n }` and every task calls `work`. */
export function statesOf(sketches: Sketch[], prefix = ''): Record<string, object> {
  const states: Record<string, object> = {}
  for (const [index, sketch] of sketches.entries()) {
    const name = `${prefix}${index}`
    const exit: ExitFields = index === sketches.length - 1 ? { End: true } : { Next: `${prefix}${index + 1}` }
    Object.assign(states, stateOf(sketch, name, exit))
  }
  return states
}

type ExitFields = { End: true } | { Next: string }

function stateOf(sketch: Sketch, name: string, exit: ExitFields): Record<string, object> {
  switch (sketch.kind) {
    case 'task':
      return task(sketch, name, exit)
    case 'assign':
      return {
        [name]: {
          Type: 'Pass',
          Assign: { [`v${name}`]: sketch.value },
          Output: `{% {"n": $states.input.n + ${sketch.value}} %}`,
          ...exit,
        },
      }
    case 'wait':
      return { [name]: { Type: 'Wait', Seconds: sketch.seconds, ...exit } }
    case 'choice':
      return choice(sketch, name, exit)
    case 'map':
      return {
        [name]: {
          Type: 'Map',
          Items: `{% $range(1, ${sketch.items}, 1) %}`,
          ItemSelector: { n: '{% $states.context.Map.Item.Value + $states.input.n %}' },
          MaxConcurrency: sketch.limit,
          ItemProcessor: { StartAt: `${name}m0`, States: statesOf(sketch.block, `${name}m`) },
          Output: '{% {"n": $count($states.result) = 0 ? 0 : $sum($states.result.n)} %}',
          ...exit,
        },
      }
    case 'parallel':
      return {
        [name]: {
          Type: 'Parallel',
          Branches: sketch.branches.map((branch, index) => ({
            StartAt: `${name}p${index}_0`,
            States: statesOf(branch, `${name}p${index}_`),
          })),
          Output: '{% {"n": $sum($states.result.n)} %}',
          ...exit,
        },
      }
    default:
      return sketch satisfies never
  }
}

function task(
  { failures, retries, limited }: Extract<Sketch, { kind: 'task' }>,
  name: string,
  exit: ExitFields,
): Record<string, object> {
  const next = 'Next' in exit ? exit.Next : `${name}c`
  const state = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: {
      FunctionName: 'work',
      Payload: { task: name, failures, n: '{% $states.input.n %}', attempt: '{% $states.context.State.RetryCount %}' },
    },
    Output: '{% {"n": $states.result.Payload} %}',
    Retry: [{ ErrorEquals: ['Flaky'], MaxAttempts: retries, IntervalSeconds: 1 }],
    Catch: [{ ErrorEquals: ['States.ALL'], Output: { n: -7 }, Next: next }],
    ...(limited && { TimeoutSeconds: 60 }),
    ...exit,
  }
  return { [name]: state, ...('Next' in exit ? {} : { [next]: { Type: 'Succeed' } }) }
}

function choice(
  { threshold }: Extract<Sketch, { kind: 'choice' }>,
  name: string,
  exit: ExitFields,
): Record<string, object> {
  const [low, high] = [`${name}l`, `${name}h`]
  return {
    [name]: {
      Type: 'Choice',
      Choices: [{ Condition: `{% $states.input.n > ${threshold} %}`, Next: high }],
      Default: low,
    },
    [low]: { Type: 'Pass', Output: '{% {"n": $states.input.n + 1} %}', ...exit },
    [high]: { Type: 'Pass', Output: '{% {"n": $states.input.n - 5} %}', ...exit },
  }
}
