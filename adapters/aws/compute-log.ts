import { type CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { Fault } from '../../core/platform/fault.ts'
import { callBatch } from './batch-call.ts'

// The most that one answer may hold.
const PAGE_EVENTS = 10_000
// Pages may be empty; this bounds the time of one call.
const MAX_PAGES = 30

/** The last lines of a log stream, oldest first; empty when the stream does not exist. */
export async function tailOfStream(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  logStreamName: string,
  lines: number,
): Promise<string[]> {
  const limit = Math.min(lines, PAGE_EVENTS)
  let found: string[] = []
  let token: string | undefined
  for (let page = 0; page < MAX_PAGES && found.length < lines; page++) {
    const answer = await read({ logGroupName, logStreamName, limit, ...(token !== undefined && { nextToken: token }) })
    if (!answer) break
    found = [...(answer.events ?? []).flatMap(({ message }) => linesOf(message ?? '')), ...found]
    // Only the same token again means that the head of the stream is reached.
    if (answer.nextBackwardToken === undefined || answer.nextBackwardToken === token) break
    token = answer.nextBackwardToken
  }
  return found.slice(-lines)

  async function read(input: ConstructorParameters<typeof GetLogEventsCommand>[0]) {
    try {
      return await callBatch(`GetLogEvents of ${logStreamName}`, () => logs.send(new GetLogEventsCommand(input)))
    } catch (error) {
      if (error instanceof Fault && (error.cause as Error).name === 'ResourceNotFoundException') return undefined
      throw error
    }
  }
}

function linesOf(message: string): string[] {
  return message.replace(/\r?\n$/, '').split(/\r?\n/)
}
