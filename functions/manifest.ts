import {
  attempts,
  builds,
  checkpoints,
  compacted,
  exported,
  failurePacks,
  preflight,
  shipped,
  takenBack,
  ticket,
} from './blob-patterns.ts'
import type { Deployable, Grants } from './deployable.ts'

export type { Deployable, Grants, Trigger } from './deployable.ts'

/** What ends a record whose execution broke: the reason of preflight, and a pack of everything that may explain the failure. */
const failsJobs: Grants = {
  table: 'write',
  metrics: 'read',
  blobs: { read: [...preflight, ...attempts, ...builds], write: failurePacks },
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

/**
 * Every deployable, once: CDK, the Lambda entries and the embedded runtime all read this table. `grants` is all that the function may
 * do: CDK makes its IAM policy of it, and the embedded runtime refuses everything else too.
 */
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
        read: [
          'uploads/*',
          'datasets/*',
          'evaluations/*',
          ...builds,
          ...ticket,
          ...preflight,
          ...checkpoints,
          ...shipped,
          ...compacted,
          ...exported,
          ...failurePacks,
        ],
        write: ['uploads/*', 'datasets/*', ...exported],
        delete: takenBack,
      },
      compute: ['read', 'logs'],
      signer: ['public-key'],
    },
  },
  {
    name: 'stream',
    family: 'stream',
    trigger: { kind: 'http' },
    // The answer ends itself after 55 s: a client that has gone would be paid for otherwise.
    timeoutSeconds: 60,
    memoryMb: 256,
    grants: { table: 'read', metrics: 'read', blobs: { read: compacted } },
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
    {
      table: 'write',
      blobs: { read: ['datasets/*', ...preflight], write: preflight },
      scratchGib: 4,
      secrets: ['scorer-*'],
      endpoints: true,
    },
    900,
    3538,
  ),
  // Round 2 may call scorers thousands of times.
  step(
    'preflight-round2',
    {
      table: 'write',
      blobs: { read: ['datasets/*', 'base-models/*', 'environments/*', ...preflight], write: preflight },
      compute: ['read'],
      secrets: ['scorer-*'],
      endpoints: true,
    },
    900,
  ),
  step('issue-ticket', {
    table: 'write',
    blobs: { read: [...preflight, ...ticket], write: ticket },
    signer: ['sign', 'public-key'],
  }),
  step('prepare-attempt', {
    table: 'write',
    metrics: 'write',
    blobs: { read: [...preflight, ...ticket, ...checkpoints], write: ['jobs/*/stages/*/attempts/*/spec.json'] },
    compute: ['read'],
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
    compute: ['read'],
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
  // Asks for the definition of the data builder before it sends a build there.
  step('plan-build', { table: 'write', blobs: { write: builds }, compute: ['read'] }),
  // Reads and writes whole datasets.
  step(
    'run-build',
    { blobs: { read: ['datasets/*', ...builds], write: ['datasets/*', ...builds], delete: takenBack }, scratchGib: 4 },
    900,
    3538,
  ),
  step('conclude-build', { table: 'write', blobs: { read: builds } }, 60),
  step('fail-build', { table: 'write', blobs: { read: builds } }),

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
    trigger: { kind: 'event', types: ['job.finished.v1', 'job.anomaly.v1'] },
    timeoutSeconds: 60,
    memoryMb: 256,
    grants: {
      table: 'write',
      metrics: 'write',
      blobs: { read: shipped },
      compute: ['read', 'terminate'],
      workflows: ['read', 'stop'],
    },
  },
  {
    name: 'record-event',
    family: 'events',
    trigger: { kind: 'event', types: ['job.submitted.v1', 'job.changed.v1', 'job.anomaly.v1', 'job.finished.v1'] },
    timeoutSeconds: 30,
    memoryMb: 256,
    grants: { table: 'write' },
  },
  {
    name: 'follow-build',
    family: 'events',
    trigger: { kind: 'event', types: ['build.submitted.v1', 'build.finished.v1'] },
    timeoutSeconds: 60,
    memoryMb: 256,
    grants: { table: 'read', compute: ['read', 'terminate'], workflows: ['read', 'start', 'stop'] },
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
    isQuiet: true,
    grants: { table: 'write', metrics: 'write', blobs: { read: shipped } },
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
    grants: { table: 'write', metrics: 'write', blobs: { read: shipped } },
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
      blobs: { read: [...preflight, ...attempts, ...builds], write: [...failurePacks, ...compacted] },
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
