import type { Compute, Json, JsonObject } from '../../core/platform/ports.ts'
import { AwsError } from './batch-http.ts'
import { type ServedJob, streamName } from './batch-jobs.ts'

const PAGE = 3

/**
 * One answer of GetLogEvents, from the tail backwards: at most 3 events, and every second page is empty, as CloudWatch Logs may have
 * them. The head of the stream is reached when the token comes back unchanged.
 */
export async function eventsPage(
  { logGroupName, logStreamName, nextToken, limit }: JsonObject,
  logGroup: string,
  jobs: ServedJob[],
  compute: Compute,
): Promise<Json> {
  const job = jobs.find((each) => streamName(each) === logStreamName)
  const record = job && (await compute.describe(job.id))
  if (logGroupName !== logGroup || !job || !record?.startedAt)
    throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.')
  const lines = await compute.logTail(job.id, 10_000)
  const { end, turn } = nextToken === undefined ? { end: lines.length, turn: 0 } : parse(String(nextToken))
  const isEmpty = turn % 2 === 1
  const start = isEmpty ? end : Math.max(0, end - Math.min(PAGE, Number(limit ?? PAGE)))
  return {
    events: lines.slice(start, end).map((message) => ({ timestamp: Date.parse(record.createdAt), message })),
    nextForwardToken: `f/${end}`,
    nextBackwardToken: end === 0 && nextToken !== undefined ? nextToken : `b/${start}/${turn + 1}`,
  }
}

function parse(token: string): { end: number; turn: number } {
  const [, end, turn] = token.split('/').map(Number)
  if (end === undefined || turn === undefined) throw new AwsError('InvalidParameterException', `bad token ${token}`)
  return { end, turn }
}
