/**
 * Reads the synthesised template for the local account, with a stand-in for each name that AWS
 * would assign.
 */

import type { NetworkConfiguration, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';

/**
 * As in {@link
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html}.
 */
export interface ServiceSettings {
  readonly name: string;
  readonly clusterArn: string;
  readonly serviceArn: string;
  readonly desiredCount: number;
  readonly port: number;
  readonly targetGroupArn: string;
  readonly networkConfiguration: NetworkConfiguration;
  readonly healthCheckGracePeriod: number;
  readonly deployment: {
    readonly minimumHealthyPercent: number;
    readonly maximumPercent: number;
    readonly circuitBreaker: { readonly enable: boolean; readonly rollback: boolean };
    readonly alarms: { readonly enable: boolean; readonly rollback: boolean; readonly alarmNames: string[] };
  };
  /**
   * Seconds that a deployment with alarms is watched after its last task. AWS computes it in an
   * undocumented way.
   */
  readonly bakeTime: number;
}

export interface TargetGroupSettings {
  readonly path: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthyAfter: number;
  readonly unhealthyAfter: number;
  readonly deregistrationDelay: number;
}

export interface AlarmSettings {
  readonly name: string;
  readonly description: string;
  readonly threshold: number;
}

export interface LocalPlatform {
  readonly service: ServiceSettings;
  readonly targets: TargetGroupSettings;
  /** The alarms that roll a release back. */
  readonly alarms: readonly AlarmSettings[];
  /** The one that serves and the one that migrates. */
  readonly taskDefinitions: readonly RegisterTaskDefinitionCommandInput[];
}

/** A CloudFormation template. */
export interface Template {
  // biome-ignore lint/suspicious/noExplicitAny: JSON whose shape its resource type decides
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: any }>>;
}

/** @param template of the stack `…-service`. */
export function readPlatform(template: Template, bakeTime: number): LocalPlatform {
  const of = (type: string) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => resolve(Properties, template));
  const [service] = of('AWS::ECS::Service');
  const [group] = of('AWS::ElasticLoadBalancingV2::TargetGroup');
  const name: string = service.ServiceName;
  const { DeploymentConfiguration: deployment } = service;
  const alarmNames: string[] = deployment.Alarms.AlarmNames;
  return {
    service: {
      name,
      clusterArn: arn('ecs', `cluster/${name}`),
      serviceArn: arn('ecs', `service/${name}/${name}`),
      desiredCount: service.DesiredCount,
      port: service.LoadBalancers[0].ContainerPort,
      targetGroupArn: arn('elasticloadbalancing', `targetgroup/${name}/0123456789abcdef`),
      networkConfiguration: lowerKeys(service.NetworkConfiguration) as NetworkConfiguration,
      healthCheckGracePeriod: service.HealthCheckGracePeriodSeconds,
      deployment: {
        minimumHealthyPercent: deployment.MinimumHealthyPercent,
        maximumPercent: deployment.MaximumPercent,
        circuitBreaker: {
          enable: deployment.DeploymentCircuitBreaker.Enable,
          rollback: deployment.DeploymentCircuitBreaker.Rollback,
        },
        alarms: { enable: deployment.Alarms.Enable, rollback: deployment.Alarms.Rollback, alarmNames },
      },
      bakeTime,
    },
    targets: {
      path: group.HealthCheckPath,
      interval: group.HealthCheckIntervalSeconds,
      timeout: group.HealthCheckTimeoutSeconds,
      healthyAfter: group.HealthyThresholdCount,
      unhealthyAfter: group.UnhealthyThresholdCount,
      deregistrationDelay: Number(
        group.TargetGroupAttributes.find(
          ({ Key }: { Key: string }) => Key === 'deregistration_delay.timeout_seconds',
        ).Value,
      ),
    },
    alarms: of('AWS::CloudWatch::Alarm')
      .filter(({ AlarmName }) => alarmNames.includes(AlarmName))
      .map(({ AlarmName, AlarmDescription, Threshold }) => ({
        name: AlarmName,
        description: AlarmDescription,
        threshold: Threshold,
      })),
    taskDefinitions: of('AWS::ECS::TaskDefinition').map(
      (properties) => lowerKeys(properties) as RegisterTaskDefinitionCommandInput,
    ),
  };
}

export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

/** The ARN of a secret: `arn:…:secret:NAME`. */
export function secretArn(name: string): string {
  return arn('secretsmanager', `secret:${name}`);
}

/** The name of an image before `@` or `:`. */
export const REGISTRY = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/cars-api`;

/**
 * Resolves CloudFormation's functions; a resource of another stack gets a name made from that of
 * its export.
 */
// biome-ignore lint/suspicious/noExplicitAny: JSON whose shape its resource type decides
function resolve(value: any, template: Template): any {
  if (Array.isArray(value)) return value.map((item) => resolve(item, template));
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0) {
    if (name === 'Ref') return refTo(String(argument), template);
    if (name === 'Fn::GetAtt')
      return arn('iam', `role/${(argument as string[])[0]}`).replace(`:${REGION}:`, '::');
    if (name === 'Fn::ImportValue') return importOf(String(argument));
    const parts = () => resolve(argument, template);
    if (name === 'Fn::Join') return parts()[1].join(parts()[0]);
    if (name === 'Fn::Select') return parts()[1][parts()[0]];
    if (name === 'Fn::Split') return parts()[1].split(parts()[0]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, template)]));
}

function refTo(name: string, { Resources }: Template): string {
  if (name === 'AWS::Region') return REGION;
  if (name === 'AWS::URLSuffix') return 'amazonaws.com';
  const { Properties: properties = {} } = Resources[name] ?? {};
  return properties.AlarmName ?? properties.LogGroupName ?? name;
}

function importOf(name: string): string {
  if (/Repository.*Arn/.test(name)) return arn('ecr', 'repository/cars-api');
  if (/RefRepository/.test(name)) return 'cars-api';
  if (/EndpointAddress/.test(name)) return 'database';
  if (/MasterSecret/.test(name)) return secretArn('master');
  if (/AppSecret/.test(name)) return secretArn('app');
  return name.replace(/^.*:/, '');
}

/**
 * CloudFormation writes `Cpu`, the API `cpu`. The keys in `Options` and `DockerLabels` are ours and
 * stay.
 */
function lowerKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      ['Options', 'DockerLabels'].includes(key) ? item : lowerKeys(item),
    ]),
  );
}
