import {
  GatewayVpcEndpointAwsService,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'

/**
 * Where trainers run: public subnets, no NAT gateway ($33 a month each) and no interface endpoint ($7 a month each and zone), so that
 * an idle network is free. Machines have public addresses, and the security group lets nobody in.
 */
export class Network extends Construct {
  readonly subnets: ISubnet[]
  readonly securityGroup: SecurityGroup

  constructor(scope: Construct, id: string) {
    super(scope, id)
    const vpc = new Vpc(this, 'Vpc', {
      // Zones by index, not by name: a synth without an account knows of two.
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 20 }],
      // It would add a Lambda function that empties the default group, in which nothing runs.
      restrictDefaultSecurityGroup: false,
    })
    // Datasets and checkpoints go to S3 past the internet gateway, free of charge. Layers of ECR images come from S3 too.
    vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 })
    vpc.addGatewayEndpoint('DynamoDB', { service: GatewayVpcEndpointAwsService.DYNAMODB })
    this.subnets = vpc.publicSubnets
    this.securityGroup = new SecurityGroup(this, 'Trainers', {
      vpc: vpc as IVpc,
      description: 'Trainers: nothing in, HTTPS out',
      allowAllOutbound: false,
    })
    this.securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS APIs, registries and model hubs')
  }
}
