import { CfnInstanceProfile, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Config } from '../config.ts'
import { pullStatements } from './image-pull.ts'

/** What a GPU machine itself may do: be a host of ECS, pull the trainers' images, ship their logs. Less than AWS's managed policy. */
export function instanceProfile(
  scope: Construct,
  id: string,
  config: Config,
  jobLogGroupArn: string,
): CfnInstanceProfile {
  const stack = Stack.of(scope)
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    inlinePolicies: {
      host: new PolicyDocument({
        statements: [
          // DiscoverPollEndpoint knows no resources: `*` is its only form.
          new PolicyStatement({ actions: ['ecs:DiscoverPollEndpoint'], resources: ['*'] }),
          // Batch makes the clusters and names them itself.
          new PolicyStatement({
            actions: ['ecs:RegisterContainerInstance', 'ecs:DeregisterContainerInstance'],
            resources: [stack.formatArn({ service: 'ecs', resource: 'cluster', resourceName: '*' })],
          }),
          new PolicyStatement({
            actions: [
              'ecs:Poll',
              'ecs:StartTelemetrySession',
              'ecs:UpdateContainerInstancesState',
              'ecs:SubmitContainerStateChange',
              'ecs:SubmitTaskStateChange',
              'ecs:SubmitAttachmentStateChanges',
            ],
            resources: ['cluster', 'container-instance'].map((resource) =>
              stack.formatArn({ service: 'ecs', resource, resourceName: '*' }),
            ),
          }),
          new PolicyStatement({
            actions: ['ecs:TagResource'],
            resources: [stack.formatArn({ service: 'ecs', resource: 'container-instance', resourceName: '*' })],
            conditions: { StringEquals: { 'ecs:CreateAction': 'RegisterContainerInstance' } },
          }),
          // On EC2 the host, not the task, writes the container's output.
          new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [jobLogGroupArn] }),
          ...pullStatements(stack, config.trainers),
        ],
      }),
    },
  })
  return new CfnInstanceProfile(scope, id, { roles: [role.roleName] })
}
