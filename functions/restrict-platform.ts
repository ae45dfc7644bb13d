import { Fault } from '../core/platform/fault.ts'
import type { Blobs, Compute, Platform, Schedules, Secrets, Signer, Table, Workflows } from '../core/platform/ports.ts'
import type { Deployable, Grants } from './manifest.ts'

/**
 * The platform as this deployable may use it: whatever the manifest does not grant throws Fault `internal` naming function, method
 * and key. On AWS an IAM policy says the same; here every test of a pipeline proves that the grants suffice.
 */
export function restrictTo(platform: Platform, { name, grants }: Pick<Deployable, 'name' | 'grants'>): Platform {
  const refuse: Refuse = (what) => {
    throw new Fault(
      'internal',
      `function ${name} uses ${what}, which functions/manifest.ts does not grant; add it there`,
    )
  }
  return {
    table: restrictTable('table', platform.table, grants.table, refuse),
    metrics: restrictTable('metrics', platform.metrics, grants.metrics, refuse),
    blobs: restrictBlobs(platform.blobs, grants.blobs ?? {}, refuse),
    compute: restrictCompute(platform.compute, grants.compute ?? [], refuse),
    workflows: restrictWorkflows(platform.workflows, grants.workflows ?? [], refuse),
    schedules: restrictSchedules(platform.schedules, grants.schedules, refuse),
    secrets: restrictSecrets(platform.secrets, grants.secrets, refuse),
    signer: restrictSigner(platform.signer, grants.signer ?? [], refuse),
    scratch: grants.scratchGib === undefined ? { open: async () => refuse('scratch.open') } : platform.scratch,
    workers:
      grants.scratchGib === undefined ? { size: 1, run: async ({ task }) => refuse(`task ${task}`) } : platform.workers,
    endpoints: grants.endpoints ? platform.endpoints : { post: async ({ url }) => refuse(`endpoints.post to ${url}`) },
    clock: platform.clock,
    ids: platform.ids,
  }
}

function restrictSecrets(secrets: Secrets, names: Grants['secrets'], refuse: Refuse): Secrets {
  const allowed = matcher(names)
  return { read: async (secret) => (allowed(secret) ? secrets.read(secret) : refuse(`secrets.read on ${secret}`)) }
}

/** Throws. */
type Refuse = (what: string) => never

function restrictTable(port: string, table: Table, grant: Grants['table'], refuse: Refuse): Table {
  if (grant === 'write') return table
  return {
    get: grant ? (key) => table.get(key) : async ({ pk, sk }) => refuse(`${port}.get on ${pk} ${sk}`),
    query: grant ? (query) => table.query(query) : async ({ pk }) => refuse(`${port}.query on ${pk}`),
    put: async ({ pk, sk }) => refuse(`${port}.put on ${pk} ${sk}`),
    delete: async ({ pk, sk }) => refuse(`${port}.delete on ${pk} ${sk}`),
  }
}

function restrictBlobs(blobs: Blobs, grants: NonNullable<Grants['blobs']>, refuse: Refuse): Blobs {
  const mayRead = matcher(grants.read)
  const mayWrite = matcher(grants.write)
  const mayDelete = matcher(grants.delete)
  const check = (allowed: boolean, method: keyof Blobs, key: string) =>
    allowed || refuse(`blobs.${method} on key ${key}`)
  return {
    async put(key, body, guard) {
      check(mayWrite(key), 'put', key)
      return blobs.put(key, body, guard)
    },
    async get(key, range) {
      check(mayRead(key), 'get', key)
      return blobs.get(key, range)
    },
    read(key) {
      check(mayRead(key), 'read', key)
      return blobs.read(key)
    },
    async head(key) {
      check(mayRead(key), 'head', key)
      return blobs.head(key)
    },
    // As IAM's condition on s3:prefix: the pattern must match the prefix itself.
    async list(query) {
      check(mayRead(query.prefix), 'list', query.prefix)
      return blobs.list(query)
    },
    async delete(key) {
      check(mayDelete(key), 'delete', key)
      return blobs.delete(key)
    },
    // A signed URL can do what its signer may do.
    async presign(key, method, expiresInSeconds) {
      check(method === 'GET' ? mayRead(key) : mayWrite(key), 'presign', `${key} for ${method}`)
      return blobs.presign(key, method, expiresInSeconds)
    },
    uri: (key) => blobs.uri(key),
  }
}

/** `*` takes any characters, also `/`, as in an IAM resource. */
function matcher(patterns: readonly string[] = []): (key: string) => boolean {
  if (patterns.includes('*')) return () => true
  const expressions = patterns.map(
    (pattern) => new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's'),
  )
  return (key) => expressions.some((expression) => expression.test(key))
}

function restrictCompute(compute: Compute, grants: NonNullable<Grants['compute']>, refuse: Refuse): Compute {
  const read = grants.includes('read')
  return {
    // Only state machines start compute: nothing reaches a GPU past them.
    submit: async ({ name }) => refuse(`compute.submit of ${name}`),
    describe: read ? (name) => compute.describe(name) : async (name) => refuse(`compute.describe of ${name}`),
    listActive: read ? () => compute.listActive() : async () => refuse('compute.listActive'),
    describeDefinition: read
      ? (definition) => compute.describeDefinition(definition)
      : async (definition) => refuse(`compute.describeDefinition of ${definition}`),
    terminate: grants.includes('terminate')
      ? (name, reason) => compute.terminate(name, reason)
      : async (name) => refuse(`compute.terminate of ${name}`),
    logTail: grants.includes('logs')
      ? (name, lines) => compute.logTail(name, lines)
      : async (name) => refuse(`compute.logTail of ${name}`),
  }
}

function restrictWorkflows(workflows: Workflows, grants: NonNullable<Grants['workflows']>, refuse: Refuse): Workflows {
  return {
    start: grants.includes('start')
      ? (execution) => workflows.start(execution)
      : async ({ name }) => refuse(`workflows.start of ${name}`),
    describe: grants.includes('read')
      ? (name) => workflows.describe(name)
      : async (name) => refuse(`workflows.describe of ${name}`),
    stop: grants.includes('stop')
      ? (name, reason) => workflows.stop(name, reason)
      : async (name) => refuse(`workflows.stop of ${name}`),
  }
}

function restrictSchedules(schedules: Schedules, grant: Grants['schedules'], refuse: Refuse): Schedules {
  if (grant === 'write') return schedules
  return {
    put: async ({ name }) => refuse(`schedules.put of ${name}`),
    delete: async (name) => refuse(`schedules.delete of ${name}`),
  }
}

function restrictSigner(signer: Signer, grants: NonNullable<Grants['signer']>, refuse: Refuse): Signer {
  return {
    sign: grants.includes('sign') ? (bytes) => signer.sign(bytes) : async () => refuse('signer.sign'),
    publicKey: grants.includes('public-key') ? () => signer.publicKey() : async () => refuse('signer.publicKey'),
  }
}
