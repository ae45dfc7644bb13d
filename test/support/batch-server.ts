import type { Json, JsonObject } from '../../core/platform/ports.ts'
import { openCompute, definitions as programs } from './asl-compute-fixture.ts'
import { type AwsCall, AwsError, type AwsServer, serveAws } from './batch-http.ts'
import { createServedJobs, isFinal, refuse } from './batch-jobs.ts'
import { eventsPage } from './batch-log-pages.ts'

export interface BatchServer extends AwsServer {
  queues: string[]
  definitionPrefix: string
  logGroup: string
}

const ACCOUNT = 'arn:aws:batch:us-east-1:123456789012'
const definitionPrefix = 'sluice-test-'
const logGroup = '/aws/batch/sluice-test'
const queues = [`${ACCOUNT}:job-queue/spot`, `${ACCOUNT}:job-queue/on-demand`]
const definitions = [
  ...Object.keys(programs).flatMap((name) => [
    { jobDefinitionName: `${definitionPrefix}${name}`, revision: 1, status: 'INACTIVE' },
    { jobDefinitionName: `${definitionPrefix}${name}`, revision: 2, status: 'ACTIVE' },
  ]),
  { jobDefinitionName: `${definitionPrefix}retired`, revision: 1, status: 'INACTIVE' },
  { jobDefinitionName: 'of-somebody-else', revision: 1, status: 'ACTIVE' },
]
// Small, so that every listing has several pages.
const PAGE = 2

/**
 * AWS Batch and CloudWatch Logs as their documentation has them, over child processes: the operations of the compute driver, two
 * queues with a scheduling policy, pages of two. SIGKILL follows SIGTERM after 0.3 s (on AWS 30 s).
 */
export async function startBatchServer(directory: string): Promise<BatchServer> {
  const { compute, database } = openCompute(directory)
  const jobs = createServedJobs(compute, 150)
  const operations: Record<string, (input: JsonObject) => Promise<Json> | Json> = {
    '/v1/submitjob': submit,
    '/v1/describejobs': describe,
    '/v1/listjobs': list,
    '/v1/terminatejob': terminate,
    '/v1/describejobdefinitions': describeDefinitions,
    GetLogEvents: (input) => eventsPage(input, logGroup, jobs.all(), compute),
  }
  const server = await serveAws(({ operation, input }: AwsCall) => {
    const serve = operations[operation]
    if (!serve) throw new AwsError('UnknownOperationException', `${operation} is not served`, 404)
    return serve(input)
  })
  return {
    ...server,
    queues,
    definitionPrefix,
    logGroup,
    async stop() {
      await server.stop()
      jobs.stop()
      await compute.close({ terminate: true })
      database.close()
    },
  }

  function submit(input: JsonObject): Json {
    const { jobName, jobQueue, jobDefinition, shareIdentifier, timeout, containerOverrides } = input
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(String(jobName))) refuse(`jobName ${jobName} is not valid`)
    const queue = queueOf(jobQueue)
    if (!definitions.some((each) => each.jobDefinitionName === jobDefinition && each.status === 'ACTIVE'))
      refuse(`Job definition ${jobDefinition} does not exist or is not active`)
    if (!/^[A-Za-z0-9]{1,255}\*?$/.test(String(shareIdentifier ?? '')))
      refuse('shareIdentifier must be specified for a job queue with a scheduling policy')
    const { attemptDurationSeconds = 60 } = (timeout ?? {}) as { attemptDurationSeconds?: number }
    if (attemptDurationSeconds < 60) refuse('attemptDurationSeconds must be at least 60')
    const { environment = [] } = (containerOverrides ?? {}) as { environment?: { name: string; value: string }[] }
    if (environment.some(({ name }) => name.startsWith('AWS_BATCH'))) refuse('AWS_BATCH is reserved')
    const { id, name } = jobs.add({
      name: String(jobName),
      queue,
      definition: String(jobDefinition).slice(definitionPrefix.length),
      environment: Object.fromEntries(environment.map(({ name, value }) => [name, value])),
      timeoutSeconds: attemptDurationSeconds,
    })
    return { jobId: id, jobName: name, jobArn: `${ACCOUNT}:job/${id}` }
  }

  async function describe(input: JsonObject): Promise<Json> {
    const ids = (input.jobs ?? []) as string[]
    if (ids.length === 0 || ids.length > 100) refuse('jobs must name 1 to 100 jobs')
    const found = ids.flatMap((id) => jobs.byId(id) ?? [])
    return { jobs: await Promise.all(found.map(jobs.detailOf)) }
  }

  /** A filter makes Batch ignore the status and match without case; without either only RUNNING jobs are listed. */
  async function list({ jobQueue, jobStatus, filters, nextToken }: JsonObject): Promise<Json> {
    const queue = queueOf(jobQueue)
    const details = await Promise.all(
      jobs
        .all()
        .filter((job) => job.queue === queue)
        .map(jobs.detailOf),
    )
    const [filter] = (filters ?? []) as { name: string; values: string[] }[]
    const wanted = filter
      ? details.filter(({ jobName }) => filter.values.some((value) => matches(String(jobName), value)))
      : details.filter(({ status }) => status === (jobStatus ?? 'RUNNING'))
    const { items, token } = pageOf(wanted.toReversed(), ({ jobId }) => String(jobId), nextToken)
    return { jobSummaryList: items.map(summaryOf), ...token }
  }

  async function terminate({ jobId, reason }: JsonObject): Promise<Json> {
    if (typeof jobId !== 'string' || typeof reason !== 'string' || reason === '' || reason.length > 1_024)
      refuse('jobId and reason (1 to 1024 characters) are required')
    const job = jobs.byId(jobId)
    if (!job) refuse(`job ${jobId} does not exist`)
    await jobs.terminate(job, reason)
    return {}
  }
}

function describeDefinitions({ jobDefinitionName, status, nextToken }: JsonObject): Json {
  const wanted = definitions.filter(
    (each) =>
      (jobDefinitionName === undefined || each.jobDefinitionName === jobDefinitionName) &&
      (status === undefined || each.status === status),
  )
  const { items, token } = pageOf(wanted, (each) => `${each.jobDefinitionName}:${each.revision}`, nextToken)
  return { jobDefinitions: items, ...token }
}

function queueOf(queue: Json | undefined): string {
  const found = queues.find((arn) => arn === queue || arn.endsWith(`/${queue}`))
  return found ?? refuse(`Job queue ${queue} does not exist`)
}

function matches(name: string, pattern: string): boolean {
  const [given, wanted] = [name.toLowerCase(), pattern.toLowerCase()]
  return wanted.endsWith('*') ? given.startsWith(wanted.slice(0, -1)) : given === wanted
}

/** The token names the item that the page before ended with, so that new items do not move the pages. */
function pageOf<T>(all: T[], nameOf: (item: T) => string, token: Json | undefined) {
  const start = token === undefined || token === null ? 0 : all.findIndex((item) => nameOf(item) === token) + 1
  const items = all.slice(start, start + PAGE)
  const last = items.at(-1)
  return { items, token: last !== undefined && start + PAGE < all.length ? { nextToken: nameOf(last) } : {} }
}

function summaryOf(detail: JsonObject): JsonObject {
  const { container, attempts: _attempts, jobQueue: _queue, ...rest } = detail
  const { exitCode } = (container ?? {}) as { exitCode?: number }
  return { ...rest, ...(isFinal(detail) && exitCode !== undefined && { container: { exitCode } }) }
}
