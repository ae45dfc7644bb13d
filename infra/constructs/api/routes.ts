import type { IResource, LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway'
import { operations } from '../../../schemas/api.ts'
import type { Operation } from '../../../schemas/operations/operation.ts'

/** A resource of the door, by its parts. */
interface Node {
  children: Map<string, Node>
  isStreamed: boolean
}

/** Every path goes to the API's default integration, GET of what is answered while it happens to `streamed`. */
export function addRoutes(api: RestApi, streamed: LambdaIntegration): void {
  const root: Node = { children: new Map(), isStreamed: false }
  for (const { path, streams } of Object.values(operations) as Operation[]) if (streams) plant(root, path)
  grow(api.root, root, streamed)
}

function plant(root: Node, path: string): void {
  let node = root
  for (const part of path.split('/').filter(Boolean)) {
    const child = node.children.get(part) ?? { children: new Map(), isStreamed: false }
    node.children.set(part, child)
    node = child
  }
  node.isStreamed = true
}

function grow(resource: IResource, { children, isStreamed }: Node, streamed: LambdaIntegration): void {
  // A path that ends, or leaves, at a resource without a method of its own is refused, whatever the root's proxy would take.
  resource.addMethod('ANY')
  if (isStreamed) resource.addMethod('GET', streamed)
  // A resource has room for one variable child: below /v1/jobs that is {job}, which takes what a proxy would.
  if (![...children.keys()].some((part) => part.startsWith('{'))) resource.addProxy({ anyMethod: true })
  for (const [part, child] of children) grow(resource.addResource(part), child, streamed)
}
