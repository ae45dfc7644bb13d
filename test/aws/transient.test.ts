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

const lasting = [
  named('AccessDeniedException'),
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

it.each(lasting)('%s does not pass by itself', (error) => {
  expect(isTransient(error)).toBe(false)
  expect(dynamoFault(error, 'control', 'reading').code).toBe('internal')
})
