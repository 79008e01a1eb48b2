/**
 * The network: public subnets for the load balancer, private subnets for tasks, isolated subnets
 * for the database.
 */

import { type CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
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
import { Construct } from 'constructs';
import { IMAGE, MYSQL_PORT } from '../contract.ts';
import { chosen, countGateways, type Environment } from '../environments.ts';
import { acknowledge } from './acknowledge.ts';

export interface NetworkProps {
  readonly environment: Environment;
  readonly prefix: string;
  /** The names of the availability zones; their number is that of the environment. */
  readonly zones: readonly string[];
}

/**
 * Allowed connections: internet to load balancer, load balancer to tasks, tasks to database and
 * AWS. Nothing else.
 */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly loadBalancerGroup: SecurityGroup;
  readonly taskGroup: SecurityGroup;
  readonly databaseGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { outbound, flowLogs } = props.environment.network;
    const { zones } = props;
    const route = chosen(outbound);

    this.vpc = new Vpc(this, 'Vpc', {
      vpcName: props.prefix,
      ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
      availabilityZones: [...zones],
      natGateways: countGateways(props.environment.network),
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
    acknowledge(
      this.vpc,
      'CloudFormation-Validate::W3010',
      'the order of Fn::GetAZs can change, so setup chooses the zones once and keeps them',
    );
    this.limitLogOfFunction(props.prefix);
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

  /**
   * CDK's function that takes the rules of the default security group away. Without a log group,
   * Lambda creates one whose log never expires.
   * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
   */
  private limitLogOfFunction(prefix: string): void {
    const logGroup = new LogGroup(this, 'DefaultGroupLog', {
      logGroupName: `/aws/lambda/${prefix}-default-security-group`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const provider = Stack.of(this).node.findChild('Custom::VpcRestrictDefaultSGCustomResourceProvider');
    const handler = provider.node.findChild('Handler') as CfnResource;
    handler.addPropertyOverride('LoggingConfig', { LogGroup: logGroup.logGroupName });
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
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
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
