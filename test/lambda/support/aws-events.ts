import type { BusinessEvent } from '../../../core/platform/business-events.ts'

// The samples of AWS's documentation, with what a test varies as parameters.
const envelope = { version: '0', account: '123456789012', time: '2026-11-20T21:00:00Z', region: 'us-east-1' }
const batch = (kind: string, name: string) => `arn:aws:batch:us-east-1:123456789012:${kind}/${name}`

export function objectCreated(key: string) {
  return {
    ...envelope,
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    resources: ['arn:aws:s3:::sluice-dev-blobs'],
    detail: {
      version: '0',
      bucket: { name: 'sluice-dev-blobs' },
      object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '617f08299329d189' },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '192.0.2.4',
      reason: 'PutObject',
    },
  }
}

export function batchJobStateChange(jobName: string, status: string) {
  return {
    ...envelope,
    id: 'c8f9c4b5-76e5-d76a-f980-7011e206042b',
    'detail-type': 'Batch Job State Change',
    source: 'aws.batch',
    resources: [batch('job', '4c7599ae-0a82-49aa-ba5a-4727fcce14a8')],
    detail: { ...batchJob(jobName), status, statusReason: 'Essential container in task exited' },
  }
}

export function batchQueueBlocked(jobName: string) {
  return {
    ...batchJobStateChange(jobName, 'RUNNABLE'),
    'detail-type': 'Batch Job Queue Blocked',
    resources: [batch('job', '4c7599ae-0a82-49aa-ba5a-4727fcce14a8'), batch('job-queue', 'sluice-dev-spot')],
    detail: {
      ...batchJob(jobName),
      status: 'RUNNABLE',
      statusReason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested.',
    },
  }
}

function batchJob(jobName: string) {
  return {
    jobArn: batch('job', '4c7599ae-0a82-49aa-ba5a-4727fcce14a8'),
    jobName,
    jobId: '4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
    jobQueue: batch('job-queue', 'sluice-dev-spot'),
    attempts: [],
    createdAt: 1641944200058,
    retryStrategy: { attempts: 2, evaluateOnExit: [] },
    dependsOn: [],
    jobDefinition: batch('job-definition', 'sluice-dev-trl:1'),
    parameters: {},
    container: { image: 'trainer:latest', command: [], volumes: [], environment: [], mountPoints: [], ulimits: [] },
    tags: {},
    platformCapabilities: [],
  }
}

export function executionStatusChange(name: string, status: string) {
  const machine = 'arn:aws:states:us-east-1:123456789012:stateMachine:sluice-dev-training-pipeline'
  return {
    ...envelope,
    id: '315c1398-40ff-a850-213b-158f73e60175',
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    resources: [`${machine.replace('stateMachine', 'execution')}:${name}`],
    detail: {
      executionArn: `${machine.replace('stateMachine', 'execution')}:${name}`,
      stateMachineArn: machine,
      name,
      status,
      startDate: 1551225271984,
      stopDate: status === 'RUNNING' ? null : 1551225272984,
      input: '{}',
      output: null,
      inputDetails: { included: true },
      outputDetails: null,
      error: 'stage_failed',
      cause: 'diverged',
    },
  }
}

/** As the Pipe publishes an event of table `control`: `data` is the text that the table holds. */
export function busEvent({ data, ...event }: BusinessEvent) {
  return {
    ...envelope,
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': event.type,
    source: 'sluice',
    resources: [],
    detail: { ...event, data: JSON.stringify(data) },
  }
}
