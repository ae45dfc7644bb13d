/**
 * Every deployable, once: CDK, the Lambda entries and the embedded runtime all read this table. It imports nothing.
 * `grants` is all that the function may do: CDK makes its IAM policy of it, and the embedded runtime refuses everything else too.
 */
export interface Deployable {
  name: string
  /** Which entry serves it: `functions/<family>/lambda.ts`, for `stream` and `authorizer` `functions/api/<family>-lambda.ts`. */
  family: 'api' | 'stream' | 'authorizer' | 'steps' | 'events'
  trigger: Trigger
  timeoutSeconds: number
  memoryMb: number
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
  schedules?: 'write'
}

/** Where a run keeps what it makes, by who reads and writes it. */
const preflight = ['jobs/*/preflight/*']
const ticket = ['jobs/*/ticket.json']
const attempts = ['jobs/*/stages/*/attempts/*']
const checkpoints = ['jobs/*/stages/*/attempts/*/checkpoints/*']
const segments = ['jobs/*/stages/*/attempts/*/metrics/*']
const failurePacks = ['jobs/*/failure-pack*.tar.gz']
/** A dataset whose source changed while it was being copied. */
const takenBack = ['datasets/*/data-*.jsonl']

/** What ends a record whose execution broke: the reason of preflight, and a pack of everything that may explain the failure. */
const failsJobs: Grants = {
  table: 'write',
  blobs: { read: [...preflight, ...attempts], write: failurePacks },
  compute: ['read', 'logs'],
}

const step = (name: string, grants: Grants, timeoutSeconds = 30, memoryMb = 512): Deployable => ({
  name,
  family: 'steps',
  trigger: { kind: 'step' },
  timeoutSeconds,
  memoryMb,
  grants,
})

export const manifest: readonly Deployable[] = [
  {
    name: 'api',
    family: 'api',
    trigger: { kind: 'http' },
    timeoutSeconds: 29,
    memoryMb: 1024,
    grants: {
      table: 'write',
      metrics: 'write',
      blobs: {
        read: ['uploads/*', 'datasets/*', 'evaluations/*', ...preflight, ...checkpoints, ...segments, ...failurePacks],
        write: ['uploads/*', 'datasets/*'],
        delete: takenBack,
      },
      compute: ['read', 'logs'],
    },
  },
  {
    name: 'stream',
    family: 'stream',
    trigger: { kind: 'http' },
    // The answer ends itself after 55 s: a client that has gone would be paid for otherwise.
    timeoutSeconds: 60,
    memoryMb: 256,
    grants: { table: 'read', metrics: 'read' },
  },
  {
    name: 'authorize',
    family: 'authorizer',
    trigger: { kind: 'authorizer' },
    timeoutSeconds: 10,
    memoryMb: 256,
    grants: {},
  },

  // Reads whole datasets: the only steps that need minutes and memory.
  step(
    'preflight-round1',
    { table: 'write', blobs: { read: ['datasets/*', ...preflight], write: preflight } },
    900,
    2048,
  ),
  step('preflight-round2', {
    table: 'write',
    blobs: { read: [...preflight, 'base-models/*'], write: preflight },
    compute: ['read'],
  }),
  step('issue-ticket', {
    table: 'write',
    blobs: { read: [...preflight, ...ticket], write: ticket },
    signer: ['sign', 'public-key'],
  }),
  step('prepare-attempt', {
    table: 'write',
    blobs: { read: [...preflight, ...ticket, ...checkpoints], write: ['jobs/*/stages/*/attempts/*/spec.json'] },
    signer: ['public-key'],
  }),
  // Hashes the artifact's files.
  step(
    'conclude-attempt',
    { table: 'write', metrics: 'write', blobs: { read: attempts }, compute: ['read', 'logs'] },
    900,
    1024,
  ),
  step('plan-evaluation', { table: 'write' }),
  step('prepare-generation', {
    table: 'write',
    blobs: { read: [...preflight, ...ticket], write: ['jobs/*/evaluations/*/spec-*.json'] },
    signer: ['public-key'],
  }),
  step(
    'conclude-generation',
    {
      table: 'write',
      blobs: {
        read: ['datasets/*', 'evaluations/*', 'jobs/*/evaluations/*'],
        write: ['evaluations/*/scores-*.jsonl', 'evaluations/*/summary.json'],
        delete: ['evaluations/*/manifest.json'],
      },
    },
    900,
    1024,
  ),
  step('decide-gate', { table: 'write', blobs: { read: ['evaluations/*/scores-*.jsonl'] } }, 60, 1024),
  step('register-model', { table: 'write' }),
  step('refuse-job', { table: 'write', blobs: { read: preflight } }),
  step('fail-job', failsJobs, 120, 1024),

  {
    name: 'start-job',
    family: 'events',
    trigger: { kind: 'event', types: ['job.submitted.v1'] },
    timeoutSeconds: 30,
    memoryMb: 256,
    grants: { table: 'read', workflows: ['read', 'start'] },
  },
  {
    name: 'stop-job',
    family: 'events',
    trigger: { kind: 'event', types: ['job.finished.v1'] },
    timeoutSeconds: 60,
    memoryMb: 256,
    grants: {
      table: 'read',
      metrics: 'write',
      blobs: { read: segments },
      compute: ['read', 'terminate'],
      workflows: ['read', 'stop'],
    },
  },
  {
    name: 'record-event',
    family: 'events',
    trigger: { kind: 'event', types: ['job.submitted.v1', 'job.changed.v1', 'job.finished.v1'] },
    timeoutSeconds: 30,
    memoryMb: 256,
    grants: { table: 'write' },
  },
  {
    name: 'apply-schedule',
    family: 'events',
    trigger: { kind: 'event', types: ['schedule.changed.v1'] },
    timeoutSeconds: 30,
    memoryMb: 256,
    grants: { table: 'read', schedules: 'write' },
  },
  {
    name: 'run-schedule',
    family: 'events',
    trigger: { kind: 'timer' },
    timeoutSeconds: 60,
    memoryMb: 256,
    grants: { table: 'write' },
  },
  {
    name: 'intake-drop',
    family: 'events',
    trigger: { kind: 'aws-event', source: 'aws.s3', detailType: 'Object Created', keys: ['drops/*'] },
    // Reads whole datasets.
    timeoutSeconds: 900,
    memoryMb: 2048,
    grants: {
      table: 'write',
      blobs: { read: ['drops/*', 'datasets/*'], write: ['drops/*.report.json', 'datasets/*'], delete: takenBack },
    },
  },
  {
    name: 'ingest-metrics',
    family: 'events',
    trigger: { kind: 'aws-event', source: 'aws.s3', detailType: 'Object Created', keys: ['jobs/*/metrics/*.jsonl'] },
    timeoutSeconds: 50,
    memoryMb: 256,
    grants: { metrics: 'write', blobs: { read: segments } },
  },
  {
    name: 'compute-changed',
    family: 'events',
    trigger: { kind: 'aws-event', source: 'aws.batch', detailType: 'Batch Job State Change' },
    timeoutSeconds: 30,
    memoryMb: 256,
    grants: { table: 'write', compute: ['read'] },
  },
  {
    name: 'queue-blocked',
    family: 'events',
    trigger: { kind: 'aws-event', source: 'aws.batch', detailType: 'Batch Job Queue Blocked' },
    timeoutSeconds: 30,
    memoryMb: 256,
    grants: { table: 'write', compute: ['read'] },
  },
  {
    name: 'execution-ended',
    family: 'events',
    trigger: { kind: 'aws-event', source: 'aws.states', detailType: 'Step Functions Execution Status Change' },
    timeoutSeconds: 60,
    memoryMb: 512,
    grants: { ...failsJobs, workflows: ['read', 'start'] },
  },
  {
    name: 'sync-metrics',
    family: 'events',
    // On AWS only the safety net of `ingest-metrics`, which the segments' own events start.
    trigger: { kind: 'schedule', everySeconds: 300, embeddedSeconds: 1 },
    timeoutSeconds: 240,
    memoryMb: 256,
    grants: { table: 'read', metrics: 'write', blobs: { read: segments } },
  },
  {
    name: 'reconcile',
    family: 'events',
    trigger: { kind: 'schedule', everySeconds: 300, embeddedSeconds: 10 },
    timeoutSeconds: 240,
    memoryMb: 512,
    grants: {
      ...failsJobs,
      metrics: 'write',
      compute: ['read', 'logs', 'terminate'],
      workflows: ['read', 'start', 'stop'],
    },
  },
]

/** The entry of this name. Throws an Error naming it when there is none. */
export function deployable(name: string): Deployable {
  const found = manifest.find((each) => each.name === name)
  if (found) return found
  throw new Error(
    `functions/manifest.ts has no function "${name}"; it has: ${manifest.map((each) => each.name).join(', ')}`,
  )
}
