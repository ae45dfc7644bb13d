import * as batch from '@aws-sdk/client-batch'
import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as dynamo from '@aws-sdk/client-dynamodb'
import * as kms from '@aws-sdk/client-kms'
import * as s3 from '@aws-sdk/client-s3'
import * as scheduler from '@aws-sdk/client-scheduler'
import * as secrets from '@aws-sdk/client-secrets-manager'
import * as sfn from '@aws-sdk/client-sfn'
import { describe, expect, it } from 'vitest'
import { dynamoFault } from '../../adapters/aws/dynamo-faults.ts'
import { s3Fault } from '../../adapters/aws/s3-fault.ts'
import { callSfn } from '../../adapters/aws/sfn-call.ts'
import { isTransient } from '../../adapters/aws/transient.ts'

const named = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error('as AWS words it'), { name, $metadata: { httpStatusCode } })
const coded = (code: string) => Object.assign(new Error(code), { code })

/** As the services' API references name them, and Node its connections. */
const passing = [
  ['DynamoDB', named('ProvisionedThroughputExceededException')],
  ['DynamoDB', named('RequestLimitExceeded')],
  ['DynamoDB', named('TransactionConflictException')],
  ['DynamoDB', named('InternalServerError', 500)],
  ['S3', named('SlowDown', 503)],
  ['S3', named('InternalError', 500)],
  ['S3', named('RequestTimeout')],
  ['Batch', named('ServerException', 500)],
  ['Batch', named('TooManyRequestsException', 429)],
  ['Step Functions', named('ThrottlingException')],
  ['KMS', named('KmsThrottlingException')],
  ['the SDK', named('TimeoutError', 0)],
  ['the SDK', Object.assign(new Error('again'), { $retryable: {} })],
  ['a proxy', named('UnknownError', 502)],
  ['Node', coded('ECONNRESET')],
  ['Node', coded('EHOSTUNREACH')],
  ['Node', coded('EAI_AGAIN')],
] as const

/** By the name alone: an answer that was cut off, and an error out of a proxy, have no status. */
const names =
  `AbortError EAI_AGAIN ECONNABORTED ECONNREFUSED ECONNRESET EHOSTUNREACH ENETUNREACH ENOTFOUND EPIPE ETIMEDOUT
  InternalError InternalFailure InternalServerError KmsThrottlingException ProvisionedThroughputExceededException
  ReplicatedWriteConflictException RequestLimitExceeded RequestTimeout RequestTimeoutException ServerException
  ServiceUnavailable ServiceUnavailableException SlowDown ThrottledException Throttling ThrottlingException TimeoutError
  TooManyRequestsException TransactionConflictException`.split(/\s+/)

const lasting = [
  named('AccessDeniedException'),
  named('ExpiredTokenException'),
  named('InvalidSignatureException', 403),
  named('RequestExpired'),
  named('UnrecognizedClientException'),
  named('PreconditionFailed', 412),
  named('AccessDenied', 403),
  named('ValidationException'),
  named('ResourceNotFoundException'),
  named('NoSuchBucket', 404),
  named('ConditionalCheckFailedException'),
  coded('CERT_HAS_EXPIRED'),
  new TypeError('a fault of ours'),
]

describe('what passes by itself', () => {
  it.each(passing)('%s: %s, and every driver calls it busy', async (_, error) => {
    expect(isTransient(error)).toBe(true)
    expect(dynamoFault(error, 'control', 'reading').code).toBe('busy')
    expect(s3Fault(error, { operation: 'GetObject', bucket: 'b', key: 'k' }).code).toBe('busy')
    await expect(callSfn('DescribeExecution', () => Promise.reject(error))).rejects.toMatchObject({ code: 'busy' })
  })
})

it.each(names)('%s passes, whatever the status that came with it', (name) => {
  expect(isTransient(named(name))).toBe(true)
  expect(isTransient(coded(name))).toBe(true)
})

it.each([429, 500, 503, 599])('an error of any name with status %d passes', (status) => {
  expect(isTransient(named('UnknownError', status))).toBe(true)
})

it("of the errors that the services' models declare, these pass and no others", () => {
  const declared = [batch, logs, dynamo, kms, s3, scheduler, secrets, sfn].flatMap((client) => errorsOf(client))
  expect(declared.length).toBeGreaterThan(150)
  expect([...new Set(declared.filter((name) => isTransient(named(name))))].toSorted()).toEqual([
    'InternalServerError',
    'KmsThrottlingException',
    'ProvisionedThroughputExceededException',
    'ReplicatedWriteConflictException',
    'RequestLimitExceeded',
    'ServerException',
    'ServiceUnavailableException',
    'ThrottlingException',
    'TransactionConflictException',
  ])
})

it.each(lasting)('%s does not pass by itself', (error) => {
  expect(isTransient(error)).toBe(false)
  expect(dynamoFault(error, 'control', 'reading').code).toBe('internal')
})

/** Names of the exceptions that a client's package exports. */
function errorsOf(client: object): string[] {
  return Object.entries(client).flatMap(([name, each]) =>
    typeof each === 'function' && each.prototype instanceof Error ? [name] : [],
  )
}
