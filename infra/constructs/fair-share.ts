import { CfnSchedulingPolicy } from 'aws-cdk-lib/aws-batch'
import type { Construct } from 'constructs'

/** Shares are the profiles of recipes. A lower weight gets more: production work gets four times what smoke runs get while both wait. */
const shareDistribution = [
  { shareIdentifier: 'prod', weightFactor: 0.25 },
  { shareIdentifier: 'smoke', weightFactor: 1 },
]

/** Without it one user's twenty production jobs would keep everyone's two-minute smoke runs waiting for days. */
export function fairShare(scope: Construct, id: string, stage: string): CfnSchedulingPolicy {
  return new CfnSchedulingPolicy(scope, id, {
    name: `sluice-${stage}-shares`,
    fairsharePolicy: {
      shareDistribution,
      // A tenth of the machines is kept free for a share in which nothing runs yet: a smoke run starts at once.
      computeReservation: 10,
      // What was used counts for an hour: longer would punish a share for yesterday.
      shareDecaySeconds: 3600,
    },
  })
}
