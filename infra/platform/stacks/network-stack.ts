/**
 * The network: public subnets for the load balancer, private subnets for tasks, isolated subnets
 * for the database.
 */

import { Fn, Stack, type StackProps } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { IMAGE, MYSQL_PORT } from '../contract.ts';
import { chosen, type Environment } from '../environments.ts';

export interface NetworkStackProps extends StackProps {
  readonly environment: Environment;
  readonly prefix: string;
}

/**
 * Allowed connections: internet to load balancer, load balancer to tasks, tasks to database and
 * AWS. Nothing else.
 */
export class NetworkStack extends Stack {
  readonly vpc: Vpc;
  readonly loadBalancerGroup: SecurityGroup;
  readonly taskGroup: SecurityGroup;
  readonly databaseGroup: SecurityGroup;

  private readonly zoneCount: number;

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    const { zones, outbound, flowLogs } = props.environment.network;
    this.zoneCount = chosen(zones);
    const route = chosen(outbound);

    this.vpc = new Vpc(this, 'Vpc', {
      vpcName: props.prefix,
      ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
      availabilityZones: this.availabilityZones,
      natGateways: route === 'endpoints' ? 0 : route === 'one-nat' ? 1 : this.zoneCount,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        {
          name: 'private',
          subnetType: route === 'endpoints' ? SubnetType.PRIVATE_ISOLATED : SubnetType.PRIVATE_WITH_EGRESS,
          cidrMask: 20,
        },
        { name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
    });
    // Free, and keeps image layers off the NAT gateway, which charges per byte.
    this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });

    const group = (name: string, description: string) =>
      new SecurityGroup(this, name, { vpc: this.vpc, description, allowAllOutbound: false });
    this.loadBalancerGroup = group('LoadBalancerGroup', 'The load balancer: from the internet, to the tasks');
    this.taskGroup = group('TaskGroup', 'The tasks: from the load balancer, to the database and AWS');
    this.databaseGroup = group('DatabaseGroup', 'The database: from the tasks only');
    acknowledge(
      this.loadBalancerGroup,
      'AwsSolutions-EC23',
      'the load balancer is meant to be public, on the ports of its listeners',
    );
    this.taskGroup.connections.allowFrom(this.loadBalancerGroup, Port.tcp(IMAGE.port), 'requests');
    this.databaseGroup.connections.allowFrom(this.taskGroup, Port.tcp(MYSQL_PORT), 'SQL over TLS');

    // Needed with endpoints too: S3, which has the image layers, has public addresses. There is no
    // route to others then.
    this.taskGroup.connections.allowToAnyIpv4(Port.tcp(443), 'AWS services');
    if (route === 'endpoints') this.addEndpoints();
    if (chosen(flowLogs)) this.addFlowLogs(props.prefix);
    else acknowledge(this.vpc, 'AwsSolutions-VPC7', reasonOf(flowLogs));
  }

  /** Zones by number: without account and region, CDK would use two. */
  override get availabilityZones(): string[] {
    return Array.from({ length: this.zoneCount }, (_, index) => Fn.select(index, Fn.getAzs()));
  }

  /** The AWS services that a Fargate task needs to start and to log. */
  private addEndpoints(): void {
    const services = {
      EcrApi: InterfaceVpcEndpointAwsService.ECR,
      EcrImages: InterfaceVpcEndpointAwsService.ECR_DOCKER,
      Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
      Secrets: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    };
    const endpointGroup = new SecurityGroup(this, 'EndpointGroup', {
      vpc: this.vpc,
      description: 'AWS services: from the tasks only',
      allowAllOutbound: false,
    });
    endpointGroup.connections.allowFrom(this.taskGroup, Port.tcp(443), 'the tasks');
    for (const [name, service] of Object.entries(services)) {
      this.vpc.addInterfaceEndpoint(name, {
        service,
        subnets: { subnetGroupName: 'private' },
        securityGroups: [endpointGroup],
        open: false,
      });
    }
  }

  private addFlowLogs(prefix: string): void {
    const logGroup = new LogGroup(this, 'FlowLogs', {
      logGroupName: `/vpc/${prefix}`,
      retention: RetentionDays.THREE_MONTHS,
    });
    this.vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup),
      trafficType: FlowLogTrafficType.ALL,
    });
  }
}

function reasonOf(choice: Environment['network']['flowLogs']): string {
  return choice === true ? '' : choice.reason;
}
