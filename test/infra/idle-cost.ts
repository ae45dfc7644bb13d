export interface Resource {
  Type: string
  Properties?: Record<string, unknown>
}

const always = () => true
const onDemand = ({ Properties }: Resource) => Properties?.BillingMode === 'PAY_PER_REQUEST'

/** The only types a stack may hold, each with the condition under which an unused one is free. New types join knowingly. */
const freeWhenIdle: Record<string, (resource: Resource) => boolean> = {
  'AWS::DynamoDB::GlobalTable': onDemand,
  'AWS::S3::Bucket': always,
  'AWS::S3::BucketPolicy': always,
}

/** `logicalId: type` of every resource that costs money, or may, while nobody uses it. */
export function idleCosts(template: { Resources?: Record<string, Resource> }): string[] {
  return Object.entries(template.Resources ?? {})
    .filter(([, resource]) => !freeWhenIdle[resource.Type]?.(resource))
    .map(([id, resource]) => `${id}: ${resource.Type}`)
}
