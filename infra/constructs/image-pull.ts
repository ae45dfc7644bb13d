import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Stack } from 'aws-cdk-lib/core'

/** `account`, `region` and `repository` of an image in ECR. */
const ecrImage =
  /^(?<account>\d{12})\.dkr\.ecr(-fips)?\.(?<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?\/(?<repository>[^@:]+)/

/** The right to pull these images, no other repository's. Empty when none is in ECR. */
export function pullStatements(stack: Stack, images: readonly { image: string }[]): PolicyStatement[] {
  const repositories = new Set(images.flatMap(({ image }) => repositoryArn(stack, image) ?? []))
  if (repositories.size === 0) return []
  return [
    // The token is the caller's, not a repository's: `*` is the only form.
    new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
    new PolicyStatement({
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: [...repositories].toSorted(),
    }),
  ]
}

function repositoryArn(stack: Stack, image: string): string | undefined {
  const { account, region, repository } = ecrImage.exec(image)?.groups ?? {}
  if (!account || !region || !repository) return undefined
  return stack.formatArn({ service: 'ecr', account, region, resource: 'repository', resourceName: repository })
}
