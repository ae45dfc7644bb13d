import { Sha256 } from '@aws-crypto/sha256-js'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { SignatureV4 } from '@smithy/signature-v4'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import type { AccountOptions } from '../support/real-account.ts'

type Image = Record<string, AttributeValue>
type Call = (operation: string, input: object) => Promise<Record<string, unknown>>

/** The events on the new images of a table's stream, in the order of its shards: what the pipe of the data stack publishes. */
export async function streamedEvents(account: AccountOptions, endpoint: string, arn: string): Promise<BusinessEvent[]> {
  const call = caller(account, endpoint)
  const { StreamDescription } = (await call('DescribeStream', { StreamArn: arn })) as {
    StreamDescription: { Shards: { ShardId: string }[] }
  }
  const images: Image[] = []
  for (const { ShardId } of StreamDescription.Shards) images.push(...(await imagesOf(call, arn, ShardId)))
  return images.flatMap((image) => (image.event?.M === undefined ? [] : [toEvent(image.event.M)]))
}

async function imagesOf(call: Call, arn: string, ShardId: string): Promise<Image[]> {
  const images: Image[] = []
  const first = await call('GetShardIterator', { StreamArn: arn, ShardId, ShardIteratorType: 'TRIM_HORIZON' })
  for (let iterator = first.ShardIterator; typeof iterator === 'string'; ) {
    const page = await call('GetRecords', { ShardIterator: iterator })
    const records = page.Records as { dynamodb: { NewImage?: Image } }[]
    // An open shard never ends: what follows an empty page is not written yet.
    if (records.length === 0) break
    for (const { dynamodb } of records) if (dynamodb.NewImage) images.push(dynamodb.NewImage)
    iterator = page.NextShardIterator
  }
  return images
}

function toEvent({ id, type, time, subject, data }: Image): BusinessEvent {
  return {
    id: id?.S ?? '',
    type: type?.S as BusinessEvent['type'],
    time: time?.S ?? '',
    subject: subject?.S ?? '',
    data: JSON.parse(data?.S ?? ''),
  }
}

function caller({ region, credentials }: AccountOptions, endpoint: string): Call {
  const signer = new SignatureV4({ region, credentials, service: 'dynamodb', sha256: Sha256 })
  const url = new URL(endpoint)
  return async (operation, input) => {
    const request = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: '/',
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDBStreams_20120810.${operation}`,
      },
      body: JSON.stringify(input),
    })
    const response = await fetch(url, { method: 'POST', headers: request.headers, body: request.body })
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, unknown>
  }
}
