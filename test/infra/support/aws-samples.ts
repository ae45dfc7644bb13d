/** Events as AWS documents them, shortened; texts in braces stand for our own resources, as `render` shows them. */
const envelope = (source: string, detailType: string, detail: object) => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': detailType,
  source,
  account: '111122223333',
  time: '2026-11-12T00:00:00Z',
  region: 'us-east-1',
  resources: [],
  detail,
})

/** S3 Object Created. */
export const objectCreated = (key: string, bucket = '{Blobs}') =>
  envelope('aws.s3', 'Object Created', {
    version: '0',
    bucket: { name: bucket },
    object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '00617F08299329D189' },
    'request-id': 'N4N7GDK58NMKJ12R',
    requester: '123456789012',
    reason: 'PutObject',
  })

/** Batch Job State Change. */
export const jobStateChange = (jobQueue: string) =>
  envelope('aws.batch', 'Batch Job State Change', {
    jobName: 'event-test',
    jobId: '4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
    jobQueue,
    status: 'RUNNABLE',
    attempts: [],
    createdAt: 1641944200058,
    container: { image: 'example', resourceRequirements: [], environment: [] },
  })

/** Batch Job Queue Blocked. */
export const queueBlocked = (jobQueue: string) =>
  envelope('aws.batch', 'Batch Job Queue Blocked', {
    jobName: 'event-test',
    jobId: '4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
    jobQueue,
    status: 'RUNNABLE',
    statusReason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - the instances are not available',
    createdAt: 1641944200058,
  })

/** Step Functions Execution Status Change. */
export const executionStatus = (stateMachineArn: string, status: string) =>
  envelope('aws.states', 'Step Functions Execution Status Change', {
    executionArn: 'arn:aws:states:us-east-1:123456789012:execution:state-machine-name:execution-name',
    stateMachineArn,
    name: 'execution-name',
    status,
    startDate: 1551225146847,
    stopDate: 1551225151881,
    input: '{}',
    output: null,
  })

/** A business event on the project's bus. */
export const businessEvent = (type: string, source = 'sluice') =>
  envelope(source, type, { id: 'job-1#3', type, time: '2026-11-12T00:00:00Z', subject: 'job-1', data: '{}' })
