/** Every deployable, once: CDK and the embedded runtime both read this table. It imports nothing. */
export interface Deployable {
  name: string
  trigger:
    | { kind: 'http' }
    | { kind: 'step' }
    /** Business events of these types, at least once. */
    | { kind: 'event'; types: readonly string[] }
    /** `embeddedSeconds` is the period of the embedded runtime, where a look costs nothing. */
    | { kind: 'schedule'; everySeconds: number; embeddedSeconds: number }
  timeoutSeconds: number
  memoryMb: number
}

const step = (name: string, timeoutSeconds = 30, memoryMb = 512): Deployable => ({
  name,
  trigger: { kind: 'step' },
  timeoutSeconds,
  memoryMb,
})

export const manifest: readonly Deployable[] = [
  { name: 'api', trigger: { kind: 'http' }, timeoutSeconds: 29, memoryMb: 512 },

  // Reads whole datasets: the only steps that need minutes and memory.
  step('preflight-round1', 900, 2048),
  step('preflight-round2'),
  step('issue-ticket'),
  step('prepare-attempt'),
  // Hashes the artifact's files.
  step('conclude-attempt', 900, 1024),
  step('plan-evaluation'),
  step('prepare-generation'),
  step('conclude-generation', 900, 1024),
  step('decide-gate', 60, 1024),
  step('register-model'),
  step('refuse-job'),
  step('fail-job', 120, 1024),

  { name: 'start-job', trigger: { kind: 'event', types: ['job.submitted.v1'] }, timeoutSeconds: 30, memoryMb: 256 },
  { name: 'stop-job', trigger: { kind: 'event', types: ['job.finished.v1'] }, timeoutSeconds: 60, memoryMb: 256 },
  {
    name: 'record-event',
    trigger: { kind: 'event', types: ['job.submitted.v1', 'job.changed.v1', 'job.finished.v1'] },
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  {
    name: 'sync-metrics',
    trigger: { kind: 'schedule', everySeconds: 60, embeddedSeconds: 1 },
    timeoutSeconds: 50,
    memoryMb: 512,
  },
  {
    name: 'reconcile',
    trigger: { kind: 'schedule', everySeconds: 300, embeddedSeconds: 10 },
    timeoutSeconds: 240,
    memoryMb: 512,
  },
]
