/** One function. `grants` is all that it may do. */
export interface Deployable {
  name: string
  /** Which entry serves it: `functions/<family>/lambda.ts`, for `stream` and `authorizer` `functions/api/<family>-lambda.ts`. */
  family: 'api' | 'stream' | 'authorizer' | 'steps' | 'events'
  trigger: Trigger
  timeoutSeconds: number
  memoryMb: number
  /** Invoked for every segment of every run: it logs what failed and nothing else, because what it read lies in the table. */
  isQuiet?: true
  grants: Grants
}

export type Trigger =
  /** Behind the REST API: every route, the streamed ones, or the check of a caller's JWT. */
  | { kind: 'http' }
  | { kind: 'authorizer' }
  /** A task of a state machine. */
  | { kind: 'step' }
  /** Business events of these types, at least once, unordered. */
  | { kind: 'event'; types: readonly string[] }
  /** Events of AWS services. `keys` are S3 keys with `*` wildcards. The embedded runtime has other ways to see the same facts. */
  | { kind: 'aws-event'; source: 'aws.s3' | 'aws.batch' | 'aws.states'; detailType: string; keys?: readonly string[] }
  /** `embeddedSeconds` is the period of the embedded runtime, where a look costs nothing. */
  | { kind: 'schedule'; everySeconds: number; embeddedSeconds: number }
  /** A user's schedule came due. */
  | { kind: 'timer' }

export interface Grants {
  table?: 'read' | 'write'
  metrics?: 'read' | 'write'
  /** Key patterns, `*` for anything. Listing follows reading. */
  blobs?: { read?: readonly string[]; write?: readonly string[]; delete?: readonly string[] }
  /** `read` describes and lists jobs and definitions; `terminate` and `logs` find the job by its name first, so they need it too. */
  compute?: readonly ('read' | 'terminate' | 'logs')[]
  /** `start` and `stop` look at the execution as well, so they need `read` too. */
  workflows?: readonly ('read' | 'start' | 'stop')[]
  signer?: readonly ('sign' | 'public-key')[]
  /** A disk of its own, as large as it needs, and worker threads. */
  scratchGib?: number
  /** Names of secrets, `*` for anything. */
  secrets?: readonly string[]
  /** Servers of others, by HTTPS. */
  endpoints?: true
  schedules?: 'write'
}
