import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Duration, type RemovalPolicy } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'

/** What the account's administrators, and whoever IAM allows it, may do. No grants: nobody hands the key on past IAM. */
const actions = [
  'CancelKeyDeletion',
  'CreateAlias',
  'DeleteAlias',
  'DescribeKey',
  'DisableKey',
  'EnableKey',
  'GetKeyPolicy',
  'GetKeyRotationStatus',
  'GetPublicKey',
  'ListKeyPolicies',
  'ListResourceTags',
  'PutKeyPolicy',
  'ScheduleKeyDeletion',
  'Sign',
  'TagResource',
  'UntagResource',
  'UpdateAlias',
  'UpdateKeyDescription',
  'Verify',
].map((name) => `kms:${name}`)

/** Signs the tickets without which no training starts (Ed25519). Nobody can read the private key. $1 a month, used or not. */
export function ticketKey(scope: Construct, id: string, removalPolicy: RemovalPolicy): Key {
  return new Key(scope, id, {
    description: 'Sluice: signs training tickets',
    keySpec: KeySpec.ECC_NIST_EDWARDS25519,
    keyUsage: KeyUsage.SIGN_VERIFY,
    removalPolicy,
    pendingWindow: Duration.days(7),
    policy: new PolicyDocument({
      // In a key policy `*` is the key itself.
      statements: [new PolicyStatement({ principals: [new AccountRootPrincipal()], actions, resources: ['*'] })],
    }),
  })
}
