import { matches } from '../infra/support/event-pattern.ts'
import { transform } from '../infra/support/input-template.ts'
import type { DeployedStack } from './end-to-end-stack.ts'

interface StreamRecord {
  eventName: string
  dynamodb: { NewImage?: { event?: { M: { type: { S: string } } } } }
}

const SIGNED_FOR = 'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/dynamodb/aws4_request'

/**
 * The pipe between a table's stream and the bus: each call passes on the records since the last one that the deployed filter lets
 * through, as the deployed template writes them. moto checks no signature of a stream's request.
 */
export function createPipe(
  { pipe }: Pick<DeployedStack, 'pipe'>,
  { endpoint, streamArn }: { endpoint: string; streamArn: string },
  publish: (event: object) => void,
): () => Promise<void> {
  let iterators: string[] | undefined

  return async () => {
    iterators ??= await firstIterators()
    const next: string[] = []
    for (const iterator of iterators) next.push(await drain(iterator))
    iterators = next
  }

  async function firstIterators(): Promise<string[]> {
    const { StreamDescription } = await call('DescribeStream', { StreamArn: streamArn })
    const { Shards } = StreamDescription as { Shards: { ShardId: string }[] }
    const found: string[] = []
    for (const { ShardId } of Shards) {
      const input = { StreamArn: streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }
      found.push(String((await call('GetShardIterator', input)).ShardIterator))
    }
    return found
  }

  async function drain(iterator: string): Promise<string> {
    const { Records, NextShardIterator } = await call('GetRecords', { ShardIterator: iterator })
    for (const record of Records as StreamRecord[]) pass(record)
    return (Records as StreamRecord[]).length > 0 ? drain(String(NextShardIterator)) : String(NextShardIterator)
  }

  function pass(record: StreamRecord): void {
    if (!matches(pipe.pattern, record)) return
    publish({
      version: '0',
      id: crypto.randomUUID(),
      account: '123456789012',
      region: 'us-east-1',
      time: `${new Date().toISOString().slice(0, 19)}Z`,
      source: pipe.source,
      'detail-type': record.dynamodb.NewImage?.event?.M.type.S,
      resources: [],
      detail: JSON.parse(transform(pipe.inputTemplate, record)),
    })
  }

  async function call(operation: string, input: object): Promise<Record<string, unknown>> {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        authorization: `${SIGNED_FOR}, SignedHeaders=host, Signature=0`,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDBStreams_20120810.${operation}`,
      },
      body: JSON.stringify(input),
    })
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, unknown>
  }
}
