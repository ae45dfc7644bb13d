import type { IResource, LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway'

/** What is answered while it happens; everything else is answered whole. */
export const streamedPath = ['v1', 'jobs', '{job}', 'live']

/** Every path goes to the API's default integration, GET of the streamed path to `streamed`. */
export function addRoutes(api: RestApi, streamed: LambdaIntegration): void {
  let resource: IResource = api.root
  addAny(resource)
  for (const part of streamedPath) {
    resource = resource.addResource(part)
    // A path that ends, or leaves, at a resource without a method of its own is refused, whatever the root's proxy would take.
    addAny(resource)
  }
  resource.addMethod('GET', streamed)
}

function addAny(resource: IResource): void {
  resource.addMethod('ANY')
  // A resource has room for one variable child: below /v1/jobs that is {job}, which takes what a proxy would.
  const variable = streamedPath[streamedPath.indexOf(resource.path.split('/').at(-1) ?? '') + 1]?.startsWith('{')
  if (!variable) resource.addProxy({ anyMethod: true })
}
