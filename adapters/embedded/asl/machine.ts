import type { Json } from '../../../core/platform/ports.ts'
import type { Expression } from './expression.ts'

/** A JSON value in which `{% ... %}` strings are compiled. `field` is where it stands, for error messages. */
export type Template =
  | { kind: 'literal'; value: Json }
  | { kind: 'expression'; expression: Expression; field: string }
  | { kind: 'array'; items: Template[] }
  | { kind: 'object'; entries: [string, Template][] }

/** A checked state machine. `definition` is its text after substitution, from which `restoreMachine` makes it again. */
export interface Machine {
  name: string
  definition: string
  /** SHA-256 of `definition`, hex. */
  digest: string
  timeoutSeconds: number | undefined
  block: Block
}

export interface Block {
  startAt: string
  states: Map<string, State>
}

export type Assignments = [string, Template][]

export interface Retrier {
  errorEquals: string[]
  intervalSeconds: number
  maxAttempts: number
  backoffRate: number
  maxDelaySeconds: number | undefined
  jitter: 'FULL' | 'NONE'
}

/** What a state does when it is done: `output` undefined means the default, `next` undefined the end of the block. */
export interface Exit {
  output: Template | undefined
  assign: Assignments
  next: string | undefined
}

export interface Catcher extends Exit {
  errorEquals: string[]
}

export interface Rule extends Exit {
  condition: Template
}

interface Guarded extends Exit {
  retry: Retrier[]
  catch: Catcher[]
}

export type Resource = 'arn:aws:states:::lambda:invoke' | 'arn:aws:states:::batch:submitJob.sync'

export interface TaskState extends Guarded {
  type: 'Task'
  name: string
  resource: Resource
  arguments: Template
  timeoutSeconds: Template | undefined
  heartbeatSeconds: Template | undefined
}

export interface MapState extends Guarded {
  type: 'Map'
  name: string
  items: Template | undefined
  itemSelector: Template | undefined
  maxConcurrency: Template | undefined
  processor: Block
}

export interface ParallelState extends Guarded {
  type: 'Parallel'
  name: string
  arguments: Template | undefined
  branches: Block[]
}

export interface ChoiceState {
  type: 'Choice'
  name: string
  rules: Rule[]
  otherwise: Exit | undefined
}

export interface WaitState extends Exit {
  type: 'Wait'
  name: string
  until: { seconds: Template } | { timestamp: Template }
}

export interface PassState extends Exit {
  type: 'Pass'
  name: string
}

export interface SucceedState {
  type: 'Succeed'
  name: string
  output: Template | undefined
}

export interface FailState {
  type: 'Fail'
  name: string
  error: Template | undefined
  cause: Template | undefined
}

export type GuardedState = TaskState | MapState | ParallelState
export type State = GuardedState | ChoiceState | WaitState | PassState | SucceedState | FailState
