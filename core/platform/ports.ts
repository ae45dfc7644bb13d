import type { BusinessEvent } from './business-events.ts'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** Everything the rules may ask of the world. A use case takes `Pick<Platform, ...>`: its signature is its dependency list. */
export interface Platform {
  /** Table `control`: jobs, stages, attempts, recipes, datasets, evaluations, models, aliases, tickets, idempotency. */
  table: Table
  /** Table `metrics`: chunks that expire. No events. */
  metrics: Table
  blobs: Blobs
  compute: Compute
  workflows: Workflows
  schedules: Schedules
  secrets: Secrets
  signer: Signer
  scratch: Scratch
  workers: Workers
  endpoints: Endpoints
  clock: Clock
  ids: Ids
}

// ---- Table: one item per key, guarded single writes, events on the write --------------------------------------------

export interface Key {
  pk: string
  sk: string
}

export interface Draft extends Key {
  data: JsonObject
  /** Opaque payload beside `data` (metric chunks). */
  bytes?: Uint8Array
  gsi1?: Key
  gsi2?: Key
  /** Epoch seconds. Expired items may still be returned for a while: readers filter. */
  expiresAt?: number
}

export interface Item extends Draft {
  /** 1 on the first write, +1 on every later one. */
  version: number
}

export type TableGuard = 'any' | 'absent' | { version: number }

export interface TableQuery {
  pk: string
  index?: 'gsi1' | 'gsi2'
  /** `from` and `to` are inclusive; keys order by their UTF-8 bytes. */
  sk?: { prefix: string } | { from?: string; to?: string }
  descending?: boolean
  /** 1..1000 items, 100 unless told; a page also ends at 1 MB. */
  limit?: number
  /** Opaque, from the page before. Only valid for the same pk and index; else Fault `invalid`. */
  cursor?: string
}

export interface Page<T> {
  items: T[]
  cursor?: string
}

export interface Table {
  get(key: Key): Promise<Item | undefined>
  /**
   * Writes the item and its event in one step. Fault `conflict` when the guard does not hold, `too_large` above 400 KB
   * (the size rule of DynamoDB: attribute names and values in UTF-8 bytes).
   */
  put(draft: Draft, guard: TableGuard, event?: BusinessEvent): Promise<Item>
  /** Deleting what is not there succeeds under guard `any`. */
  delete(key: Key, guard: 'any' | { version: number }): Promise<void>
  query(query: TableQuery): Promise<Page<Item>>
}

// ---- Blobs: immutable or compare-and-swap objects -------------------------------------------------------------------

export type BlobGuard = 'any' | 'absent' | { etag: string }

export interface BlobInfo {
  key: string
  size: number
  /** Opaque. Changes with the bytes (S3), or with every write (embedded): the same bytes may bring an old one back. */
  etag: string
  modifiedAt: string
}

export interface Blobs {
  /** Atomic: readers see the old object or the whole new one. Fault `conflict` when the guard does not hold. */
  put(
    key: string,
    body: Uint8Array | string | AsyncIterable<Uint8Array>,
    guard: BlobGuard,
  ): Promise<BlobInfo & { sha256: string }>
  /** Whole object, or `range` (bytes, `end` exclusive). undefined when absent. */
  get(key: string, range?: { start: number; end?: number }): Promise<Uint8Array | undefined>
  /** Streams the object in pieces of at most 1 MB. Fault `not_found` when absent. */
  read(key: string): AsyncIterable<Uint8Array>
  head(key: string): Promise<BlobInfo | undefined>
  /** Keys under `prefix`, after `after` (exclusive), in UTF-8 byte order. */
  list(query: { prefix: string; after?: string; limit?: number }): Promise<Page<BlobInfo>>
  delete(key: string): Promise<void>
  /** A URL that allows one method on one key until it expires. */
  presign(key: string, method: 'GET' | 'PUT', expiresInSeconds: number): Promise<string>
  /** What a trainer opens: `file:///...` or `s3://...`. */
  uri(key: string): string
}

// ---- Compute: jobs on GPUs (Batch) or child processes ---------------------------------------------------------------

export interface ComputeJob {
  /** Unique: a second submit of the same name returns the first job. 1..128 of [A-Za-z0-9_-]. */
  name: string
  /** Which program: a Batch job definition, or an entry of the embedded runtime's command table. */
  definition: string
  environment: Record<string, string>
  timeoutSeconds: number
}

export type ComputeStatus = 'submitted' | 'runnable' | 'starting' | 'running' | 'succeeded' | 'failed'

export interface ComputeRecord {
  /** The provider's id (Batch's job id); embedded, the name. Every method addresses jobs by name. */
  id: string
  name: string
  status: ComputeStatus
  /** In Batch's words where Batch has them, for example "Host EC2 (instance i-0) terminated." */
  statusReason?: string
  exitCode?: number
  createdAt: string
  startedAt?: string
  stoppedAt?: string
}

/** null: not known. */
export interface ComputeDefinition {
  /** Where its jobs write. */
  freeDiskBytes: number
  /** Of the container; null for a program of this machine. */
  image: string | null
  gpus: number | null
  /** Of one GPU. */
  gpuMemoryBytes: number | null
  /** On demand, of the machine a job runs on. */
  usdPerHour: number | null
}

export interface Compute {
  submit(job: ComputeJob): Promise<ComputeRecord>
  describe(name: string): Promise<ComputeRecord | undefined>
  /** Every job that is not finished. */
  listActive(): Promise<ComputeRecord[]>
  /** SIGTERM, the grace period, SIGKILL. Idempotent; finished jobs stay as they are. */
  terminate(name: string, reason: string): Promise<void>
  /** What is known of a definition. Fault `not_found` or `invalid` when there is no such one. */
  describeDefinition(definition: string): Promise<ComputeDefinition>
  /** The last `lines` lines of stdout and stderr, oldest first; empty when nothing was written. */
  logTail(name: string, lines: number): Promise<string[]>
}

// ---- Workflows: state machines --------------------------------------------------------------------------------------

export type ExecutionStatus = 'pending' | 'running' | 'succeeded' | 'failed' | 'timed_out' | 'aborted'

export interface Execution {
  name: string
  machine: string
  status: ExecutionStatus
  input: Json
  output?: Json
  error?: string
  cause?: string
  startedAt: string
  stoppedAt?: string
}

export interface Workflows {
  /** Idempotent by name: the same name returns the first execution, whatever became of it. */
  start(execution: { machine: string; name: string; input: Json }): Promise<Execution>
  describe(name: string): Promise<Execution | undefined>
  /**
   * Stops the execution; work that a `.sync` task started is terminated by best effort only. Fault `not_found` when it was never
   * started.
   */
  stop(name: string, reason: string): Promise<void>
}

// ---- Schedules: timers of users -------------------------------------------------------------------------------------

export interface Timer {
  /** 1..63 of [a-z0-9._-]. */
  name: string
  /** As `schemas/cron.ts` allows it. */
  cron: string
  /** IANA name. */
  timezone: string
}

/** A timer that is due hands its name and that moment to `run-schedule`: at least once, late or doubled. */
export interface Schedules {
  /** Creates the timer or replaces the one of this name. Fault `invalid` when the platform cannot express it. */
  put(timer: Timer): Promise<void>
  /** Deleting what is not there succeeds. */
  delete(name: string): Promise<void>
}

// ---- Scratch, workers, endpoints: a disk for one piece of work, the other cores, and other people's servers -------------

/** Files that only this piece of work sees. */
export interface ScratchSpace {
  /** Adds to the end of a file, which begins empty. Fault `busy` when the disk is full, saying how much is free. */
  append(file: string, bytes: Uint8Array): Promise<void>
  /** `range` in bytes, `end` exclusive; empty when there is no such file. */
  read(file: string, range?: { start: number; end?: number }): Promise<Uint8Array>
  size(file: string): number
  /** Takes every file away. Idempotent. */
  close(): Promise<void>
}

export interface Scratch {
  open(): Promise<ScratchSpace>
}

/** Pure functions on other threads. `functions/worker/tasks.ts` is the table of them. */
export interface Workers {
  /** How many run side by side. */
  readonly size: number
  /**
   * Runs `task` on `input`, which is cloned but for the buffers in `transfer`. `setup` makes the function, once in each thread for
   * each `key`. What the task throws is thrown here, faults as faults.
   */
  run(request: WorkRequest): Promise<unknown>
}

export interface WorkRequest {
  task: string
  setup: { key: string; value: unknown }
  input: unknown
  transfer?: ArrayBuffer[]
}

export interface EndpointRequest {
  url: string
  headers: Record<string, string>
  /** JSON text. */
  body: string
  timeoutMs: number
}

/** Servers that speak HTTP, for example an OpenAI-compatible scorer. */
export interface Endpoints {
  /** Any status is an answer; header names in lower case. Fault `busy` naming the host when no answer came. */
  post(request: EndpointRequest): Promise<{ status: number; headers: Record<string, string>; body: string; ms: number }>
}

// ---- The small ones -------------------------------------------------------------------------------------------------

export interface Secrets {
  /** Fault `not_found` naming the secret and where it is looked for. */
  read(name: string): Promise<string>
}

/** Ed25519 over bytes. The private key never leaves the driver. */
export interface Signer {
  sign(bytes: Uint8Array): Promise<{ keyId: string; signature: string }>
  /** SPKI PEM, for whoever verifies. */
  publicKey(): Promise<string>
}

export interface Clock {
  now(): Date
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Ids {
  /** 20 characters of [a-z0-9], unguessable, ordered by time to the second. */
  next(): string
  /** Uniform in [0, 1): jitter and sampling. */
  random(): number
}
