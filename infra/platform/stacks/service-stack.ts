/**
 * What the service needs: its cluster, load balancer, roles, definitions and alarms. Releases
 * create and change the service itself.
 */

import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import type { IOidcProvider } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Alarms } from '../constructs/alarms.ts';
import { ApiTasks } from '../constructs/api-tasks.ts';
import { Canary } from '../constructs/canary.ts';
import type { Database } from '../constructs/database.ts';
import { DeployRole } from '../constructs/deploy-role.ts';
import { Firewall } from '../constructs/firewall.ts';
import { LoadBalancer } from '../constructs/load-balancer.ts';
import type { Network } from '../constructs/network.ts';
import { IMAGE, type ServiceDefinition } from '../contract.ts';
import { APPLICATION, chosen, type Environment, type EnvironmentName } from '../environments.ts';
import { TIMING } from '../timing.ts';

export interface ServiceStackProps extends StackProps {
  readonly name: EnvironmentName;
  readonly environment: Environment;
  readonly prefix: string;
  readonly network: Network;
  readonly repository: IRepository;
  readonly github: IOidcProvider;
  readonly githubSubject: string;
  readonly database: Database;
  readonly topic: ITopic;
  readonly releases: ITable;
}

export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const { environment, prefix, network } = props;
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/ecs/${prefix}`,
      retention: environment.service.logDays,
      removalPolicy: chosen(environment.database.deletionProtection)
        ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        : RemovalPolicy.DESTROY,
    });
    const cluster = new Cluster(this, 'Cluster', {
      clusterName: prefix,
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
      enableFargateCapacityProviders: true,
    });
    const loadBalancer = new LoadBalancer(this, 'LoadBalancer', {
      prefix,
      environment,
      vpc: network.vpc,
      group: network.loadBalancerGroup,
    });
    const firewall = new Firewall(this, 'Firewall', {
      prefix,
      requestsPerAddress: environment.service.requestsPerAddress,
      alb: loadBalancer.alb,
    });
    const address =
      'reason' in environment.address
        ? `http://${loadBalancer.alb.loadBalancerDnsName}`
        : `https://${environment.address.domainName}`;
    const canary = new Canary(this, 'Canary', { prefix, address });
    const { rollbackAlarms } = new Alarms(this, 'Observability', {
      ...props,
      cluster,
      loadBalancer,
      firewall,
      canary,
      logGroup,
    });
    const tasks = new ApiTasks(this, 'Tasks', {
      ...props,
      logGroup,
      service: defineService(props, loadBalancer, rollbackAlarms),
    });
    // A release may begin as soon as the definitions are there.
    tasks.node.addDependency(loadBalancer.listener, cluster);
    new DeployRole(this, 'DeployRole', { ...props, tasks });
    new CfnOutput(this, 'Address', { value: address });
  }
}

function defineService(
  { environment, name, network }: ServiceStackProps,
  { alb, targets }: LoadBalancer,
  alarms: readonly string[],
): ServiceDefinition {
  return {
    subnets: network.vpc.selectSubnets({ subnetGroupName: 'private' }).subnetIds,
    securityGroups: [network.taskGroup.securityGroupId],
    targetGroupArn: targets.targetGroupArn,
    port: IMAGE.port,
    healthCheckGracePeriod: TIMING.startGrace,
    alarms,
    tasks: environment.service.tasks,
    target: environment.service.target,
    // https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
    requestsLabel: `${alb.loadBalancerFullName}/${targets.targetGroupFullName}`,
    tags: { application: APPLICATION, environment: name },
  };
}
