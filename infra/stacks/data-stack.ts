import { AttributeType, Billing, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import type { Config } from '../config.ts'
import { ticketKey } from '../constructs/ticket-key.ts'

const text = (name: string) => ({ name, type: AttributeType.STRING })
const primaryKey = { partitionKey: text('pk'), sortKey: text('sk') }
const index = (name: string) => ({
  indexName: name,
  partitionKey: text(`${name}pk`),
  sortKey: text(`${name}sk`),
})

/** Everything that outlives a deployment: tables `control` and `metrics`, the bucket and the key of tickets. The key alone costs while unused. */
export class DataStack extends Stack {
  readonly control: TableV2
  readonly metrics: TableV2
  readonly bucket: Bucket
  readonly signingKey: Key

  constructor(app: App, id: string, config: Config) {
    const retain = config.retention === 'retain'
    super(app, id, { terminationProtection: retain, ...(config.region && { env: { region: config.region } }) })
    const kept = { removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY }
    const table = {
      ...primaryKey,
      ...kept,
      billing: Billing.onDemand(),
      deletionProtection: retain,
      timeToLiveAttribute: 'expiresAt',
    }

    this.control = new TableV2(this, 'Control', {
      ...table,
      // Indexes project whole items: a list is one query, never a read per item.
      globalSecondaryIndexes: [index('gsi1'), index('gsi2')],
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      dynamoStream: StreamViewType.NEW_IMAGE,
    })

    this.metrics = new TableV2(this, 'Metrics', table)

    this.bucket = new Bucket(this, 'Blobs', {
      ...kept,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: false,
      // Nothing else expires: datasets, models and evaluations are the product; checkpoints are what a resume starts from; metric
      // segments are the only lasting copy, because the chunks read from them expire in the table; drops are the user's own files.
      lifecycleRules: [
        // A registered dataset is stored under its digest: the file that was uploaded is of no use any more.
        { id: 'expire-uploads', prefix: 'uploads/', expiration: Duration.days(1) },
        // Made anew when somebody asks again.
        { id: 'expire-exports', prefix: 'exports/', expiration: Duration.days(1) },
        // Parts of an upload that nobody completes are paid for and seen by nobody. A week outlasts every upload.
        { id: 'abort-unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ],
    })
    // A bucket that stays behind stays TLS-only.
    this.bucket.policy?.applyRemovalPolicy(kept.removalPolicy)
    // The L2 property `eventBridgeEnabled` would add a Lambda function and a role that deploy this one setting.
    const bucket = this.bucket.node.defaultChild as CfnBucket
    bucket.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } }

    this.signingKey = ticketKey(this, 'TicketKey', kept.removalPolicy)
  }
}
