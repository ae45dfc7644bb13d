import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2'
import { Fn } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Config } from '../config.ts'
import { stageTag } from '../stage-tag.ts'

/** Lines of /etc/ecs/ecs.config. Without the first, a container on a reclaimed spot instance gets no SIGTERM at all. */
const ecsSettings = [
  'ECS_ENABLE_SPOT_INSTANCE_DRAINING=true',
  // Of the 120 s between a spot notice and the end: the trainer's time to save a checkpoint. The default is 30 s.
  'ECS_CONTAINER_STOP_TIMEOUT=110s',
]

/** AWS Batch merges its own user data into this: it must be MIME multipart. */
export const userData = [
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="==SLUICE=="',
  '',
  '--==SLUICE==',
  'Content-Type: text/x-shellscript; charset="us-ascii"',
  '',
  '#!/bin/bash',
  ...ecsSettings.map((setting) => `echo ${setting} >> /etc/ecs/ecs.config`),
  '',
  '--==SLUICE==--',
  '',
].join('\n')

/** What every GPU machine starts with: the ECS settings, IMDSv2 only, an encrypted volume of `diskGib`. */
export function launchTemplate(
  scope: Construct,
  id: string,
  { stage, diskGib }: Pick<Config, 'stage' | 'diskGib'>,
): CfnLaunchTemplate {
  return new CfnLaunchTemplate(scope, id, {
    launchTemplateData: {
      userData: Fn.base64(userData),
      // Two hops: a container on the bridge network is one hop behind its host, and it polls the spot notice.
      metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 2 },
      // Batch tags the machines, not their volumes.
      tagSpecifications: [{ resourceType: 'volume', tags: [{ key: stageTag, value: stage }] }],
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: { volumeType: 'gp3', volumeSize: diskGib, encrypted: true, deleteOnTermination: true },
        },
      ],
    },
  })
}
