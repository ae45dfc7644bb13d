import * as z from 'zod'

/** What EventBridge wraps around every event. AWS adds fields when it likes, so unknown ones pass. */
const envelope = { id: z.string(), account: z.string(), region: z.string(), time: z.iso.datetime() }

/** A new object in the bucket. Its key is as stored, not URL-encoded as in S3's own notifications. At least once, unordered. */
export const ObjectCreated = z.looseObject({
  ...envelope,
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  detail: z.looseObject({
    bucket: z.looseObject({ name: z.string() }),
    object: z.looseObject({ key: z.string().min(1), size: z.int().min(0), etag: z.string() }),
  }),
})

const batchStatuses = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const
const batchJob = {
  jobId: z.string(),
  jobName: z.string(),
  /** ARN. */
  jobQueue: z.string(),
  statusReason: z.string().optional(),
  /** Epoch milliseconds, like all of Batch's times. */
  createdAt: z.int().optional(),
}

/** A Batch job in its new status; the detail resembles what DescribeJobs says. At least once, unordered. */
export const BatchJobStateChange = z.looseObject({
  ...envelope,
  source: z.literal('aws.batch'),
  'detail-type': z.literal('Batch Job State Change'),
  detail: z.looseObject({
    ...batchJob,
    status: z.enum(batchStatuses),
    startedAt: z.int().optional(),
    stoppedAt: z.int().optional(),
    container: z
      .looseObject({
        exitCode: z.int().optional(),
        reason: z.string().optional(),
        logStreamName: z.string().optional(),
      })
      .optional(),
  }),
})

/** The job at the head of its queue cannot start; `statusReason` says why, for example for lack of capacity. */
export const BatchQueueBlocked = z.looseObject({
  ...envelope,
  source: z.literal('aws.batch'),
  'detail-type': z.literal('Batch Job Queue Blocked'),
  detail: z.looseObject({ ...batchJob, status: z.literal('RUNNABLE') }),
})

/** An execution in its new status. Best effort: it may never come. Input and output are left out of large events. */
export const ExecutionStatusChange = z.looseObject({
  ...envelope,
  source: z.literal('aws.states'),
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.looseObject({
    executionArn: z.string(),
    stateMachineArn: z.string(),
    name: z.string(),
    status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']),
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
})

/** Every event of an AWS service that has a consumer, by its detail type. */
export const awsEvents = {
  'Object Created': ObjectCreated,
  'Batch Job State Change': BatchJobStateChange,
  'Batch Job Queue Blocked': BatchQueueBlocked,
  'Step Functions Execution Status Change': ExecutionStatusChange,
} as const

/** An event of the project's bus. The Pipe's template can only pass `data` as the JSON text that the table holds. */
export const BusEvent = z.looseObject({
  ...envelope,
  source: z.literal('sluice'),
  'detail-type': z.string(),
  detail: z.strictObject({
    id: z.string().min(1),
    type: z.string(),
    time: z.iso.datetime(),
    subject: z.string().min(1),
    data: z.string().transform((text, context) => {
      try {
        return z.record(z.string(), z.json()).parse(JSON.parse(text))
      } catch (error) {
        context.addIssue({ code: 'custom', message: `is not a JSON object as text: ${(error as Error).message}` })
        return z.NEVER
      }
    }),
  }),
})

/** What API Gateway hands to the function behind a REST API, as far as it is trusted and used. */
export const RestRequest = z.looseObject({
  httpMethod: z.string(),
  path: z.string().startsWith('/'),
  headers: z.record(z.string(), z.string().optional()).nullable(),
  queryStringParameters: z.record(z.string(), z.string().optional()).nullish(),
  body: z.string().nullable(),
  isBase64Encoded: z.boolean(),
  requestContext: z.looseObject({
    requestId: z.string(),
    /** `userArn` is there when the caller signed with SigV4, and only then. */
    identity: z.looseObject({ userArn: z.string().nullish() }),
    /** What our own authorizer found in the caller's JWT; API Gateway passes texts, numbers and booleans. */
    authorizer: z.looseObject({ principal: z.string().optional(), scopes: z.string().optional() }).nullish(),
  }),
})

/** What API Gateway asks a Lambda authorizer: for a token, or for a whole request. */
export const AuthorizerRequest = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('TOKEN'), methodArn: z.string(), authorizationToken: z.string() }),
  z.looseObject({
    type: z.literal('REQUEST'),
    methodArn: z.string(),
    headers: z.record(z.string(), z.string().optional()).nullable(),
  }),
])

export type ObjectCreated = z.infer<typeof ObjectCreated>
export type BatchJobStateChange = z.infer<typeof BatchJobStateChange>
export type BatchQueueBlocked = z.infer<typeof BatchQueueBlocked>
export type ExecutionStatusChange = z.infer<typeof ExecutionStatusChange>
export type BusEvent = z.infer<typeof BusEvent>
export type RestRequest = z.infer<typeof RestRequest>
export type AuthorizerRequest = z.infer<typeof AuthorizerRequest>
