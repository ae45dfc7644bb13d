import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { RestApiOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import { operations } from '../../schemas/api.ts'
import type { Config } from '../config.ts'
import type { ApiStack } from './api-stack.ts'

// The page's own addresses all show the page, also those of names with dots: files are at the root and in assets only. An error response of the distribution would do that too, but to the API's errors as well.
const rewrite = `function handler(event) {
  var request = event.request
  if (!/^\\/(assets\\/.+|[^/]+)\\.(html|js|css|map|json|svg|png|ico|txt|woff2?)$/.test(request.uri)) request.uri = '/index.html'
  return request
}`

// Charts set style attributes; nothing else of the page is inline, and it talks to nobody but its own origin.
const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The web console and the API behind one origin. Its files are uploaded by the command of the output `Upload`. Free while nobody looks. */
export class ConsoleStack extends Stack {
  readonly distribution: Distribution

  constructor(app: App, id: string, config: Config, { api }: { api: Pick<ApiStack, 'jwtApi'> }) {
    super(app, id, { ...(config.region && { env: { region: config.region } }) })
    if (!api.jwtApi) throw new Error('the console needs the door for tokens: the config has console without jwt')
    const bucket = new Bucket(this, 'Files', {
      removalPolicy: RemovalPolicy.DESTROY,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
    })
    const secured = {
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      responseHeadersPolicy: this.headers(config),
    }
    const behind = {
      ...secured,
      // Live answers say something at least every 15 s; the answer itself ends after 55.
      origin: new RestApiOrigin(api.jwtApi, { readTimeout: Duration.seconds(60) }),
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      // The token and the idempotency key pass; the API would not know the distribution's host.
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: false,
    }
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `Sluice ${config.stage}`,
      defaultRootObject: 'index.html',
      priceClass: PriceClass.PRICE_CLASS_100,
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        ...secured,
        // The library's classes do not fit its own interfaces under exactOptionalPropertyTypes.
        origin: S3BucketOrigin.withOriginAccessControl(bucket as IBucket),
        functionAssociations: [{ function: this.rewrite(), eventType: FunctionEventType.VIEWER_REQUEST }],
      },
      additionalBehaviors: Object.fromEntries(apiPaths().map((path) => [path, behind])),
    })
    const { distributionDomainName, distributionId } = this.distribution
    new CfnOutput(this, 'ConsoleUrl', { value: `https://${distributionDomainName}` })
    // A deployment construct would bring a Lambda function and a layer for what one command does.
    const upload = `aws s3 sync console/dist s3://${bucket.bucketName} --delete`
    const refresh = `aws cloudfront create-invalidation --distribution-id ${distributionId} --paths /index.html`
    new CfnOutput(this, 'Upload', { value: `${upload} && ${refresh}` })
  }

  private rewrite(): EdgeFunction {
    return new EdgeFunction(this, 'Rewrite', {
      code: FunctionCode.fromInline(rewrite),
      runtime: FunctionRuntime.JS_2_0,
      comment: 'Every address of the page shows index.html',
    })
  }

  private headers({ stage }: Config): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: `sluice-${stage}-console`,
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: true, override: true },
      },
    })
  }
}

function apiPaths(): string[] {
  const paths = [...Object.values(operations).map(({ path }) => path), '/openapi.json']
  return [...new Set(paths.map((path) => (path.split('/').length > 2 ? `/${path.split('/')[1]}/*` : path)))]
}
