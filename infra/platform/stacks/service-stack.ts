/**
 * The service: its cluster, tasks, load balancer and autoscaling, and the alarms that roll a bad
 * release back.
 */

import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import {
  AlarmBehavior,
  AvailabilityZoneRebalancing,
  Cluster,
  ContainerInsights,
  FargateService,
  PropagatedTagSource,
} from 'aws-cdk-lib/aws-ecs';
import { HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IDatabaseInstance } from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { ApiTasks } from '../constructs/api-tasks.ts';
import { LoadBalancer } from '../constructs/load-balancer.ts';
import { RunbookAlarm } from '../constructs/runbook-alarm.ts';
import { chosen, type Environment } from '../environments.ts';
import type { Live } from '../live.ts';
import { TIMING } from '../timing.ts';

export interface ServiceStackProps extends StackProps {
  readonly environment: Environment;
  readonly prefix: string;
  readonly live: Live;
  readonly vpc: Vpc;
  readonly loadBalancerGroup: SecurityGroup;
  readonly taskGroup: SecurityGroup;
  readonly repository: IRepository;
  readonly database: IDatabaseInstance;
  readonly masterSecret: ISecret;
  readonly appSecret: ISecret;
  readonly topic: ITopic;
}

export class ServiceStack extends Stack {
  readonly loadBalancer: LoadBalancer;
  readonly tasks: ApiTasks;
  readonly service: FargateService;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const { environment, prefix, vpc } = props;
    this.logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/ecs/${prefix}`,
      retention: environment.service.logDays,
      // A retained log group would prevent the next stack from being created, because its name is
      // fixed.
      removalPolicy: chosen(environment.database.deletionProtection)
        ? RemovalPolicy.RETAIN
        : RemovalPolicy.DESTROY,
    });
    this.loadBalancer = new LoadBalancer(this, 'LoadBalancer', {
      prefix,
      environment,
      vpc,
      group: props.loadBalancerGroup,
    });
    this.tasks = new ApiTasks(this, 'Tasks', {
      ...props,
      size: environment.service.task,
      digest: props.live.digest,
      logGroup: this.logGroup,
    });
    this.service = this.run(props);
    this.scale(environment, props.live);
    new CfnOutput(this, 'Address', {
      value:
        'reason' in environment.address
          ? `http://${this.loadBalancer.alb.loadBalancerDnsName}`
          : `https://${environment.address.domainName}`,
    });
  }

  private run({ prefix, vpc, taskGroup, live, topic }: ServiceStackProps): FargateService {
    const cluster = new Cluster(this, 'Cluster', {
      clusterName: prefix,
      vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
    const service = new FargateService(this, 'Service', {
      serviceName: prefix,
      cluster,
      taskDefinition: this.tasks.serve,
      desiredCount: live.tasks,
      vpcSubnets: { subnetGroupName: 'private' },
      securityGroups: [taskGroup],
      assignPublicIp: false,
      // New tasks start before old ones stop, so that clients never have fewer tasks.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
      healthCheckGracePeriod: Duration.seconds(TIMING.startGrace),
      circuitBreaker: { enable: true, rollback: true },
      deploymentAlarms: {
        alarmNames: this.rollbackAlarms({ prefix, topic }).map((alarm) => alarm.alarmName),
        behavior: AlarmBehavior.ROLLBACK_ON_ALARM,
      },
      propagateTags: PropagatedTagSource.SERVICE,
      enableECSManagedTags: true,
      enableExecuteCommand: false,
    });
    service.attachToApplicationTargetGroup(this.loadBalancer.targets);
    service.node.addDependency(this.loadBalancer.listener);
    return service;
  }

  /**
   * A release that answers with errors or slowly passes health checks; these alarms roll it back.
   */
  private rollbackAlarms(target: { prefix: string; topic: ITopic }): RunbookAlarm[] {
    const { targets } = this.loadBalancer;
    return [
      new RunbookAlarm(this, target, {
        name: 'target-5xx',
        means: 'Tasks answer with 5xx: a bug in the service, or its database is unavailable.',
        metric: targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { statistic: Stats.SUM }),
        above: 20,
        minutes: 2,
        of: 3,
      }),
      new RunbookAlarm(this, target, {
        name: 'latency-p99',
        means: 'More than 1 % of requests take longer than a second.',
        metric: targets.metrics.targetResponseTime({ statistic: Stats.percentile(99) }),
        above: 1,
        minutes: 3,
        of: 5,
      }),
    ];
  }

  private scale({ service }: Environment, live: Live): void {
    const { min, max } = service.tasks;
    const scaling = this.service.autoScaleTaskCount({
      // Before the first release there is no image, and autoscaling would start tasks that cannot
      // pull one.
      minCapacity: live.tasks === 0 ? 0 : min,
      maxCapacity: max,
    });
    const cooldowns = { scaleInCooldown: Duration.minutes(5), scaleOutCooldown: Duration.minutes(1) };
    scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: service.target.cpu, ...cooldowns });
    scaling.scaleOnMemoryUtilization('Memory', {
      targetUtilizationPercent: service.target.memory,
      ...cooldowns,
    });
    scaling.scaleOnRequestCount('Requests', {
      requestsPerTarget: service.target.requests,
      targetGroup: this.loadBalancer.targets,
      ...cooldowns,
    });
  }
}
