/**
 * Reads the synthesised template for the local account, with a stand-in for each name that AWS
 * would assign.
 */

import { REPOSITORY } from '../../platform/contract.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';

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
}

export interface LocalPlatform {
  /** Of the cluster and of the service. */
  readonly name: string;
  readonly targets: TargetGroupSettings;
  readonly alarms: readonly AlarmSettings[];
  /** The SSM parameters, by name. */
  readonly parameters: ReadonlyMap<string, string>;
  /**
   * Seconds that a deployment with alarms is watched after its last task. AWS computes it in an
   * undocumented way.
   */
  readonly bakeTime: number;
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
  const [cluster] = of('AWS::ECS::Cluster');
  const [group] = of('AWS::ElasticLoadBalancingV2::TargetGroup');
  return {
    name: cluster.ClusterName,
    bakeTime,
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
    alarms: of('AWS::CloudWatch::Alarm').map(({ AlarmName, AlarmDescription }) => ({
      name: AlarmName,
      description: AlarmDescription,
    })),
    parameters: new Map(of('AWS::SSM::Parameter').map(({ Name, Value }) => [Name, Value])),
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
export const REGISTRY = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${REPOSITORY}`;

/**
 * Resolves CloudFormation's functions; a resource of another stack gets a name made from that of
 * its output.
 */
// biome-ignore lint/suspicious/noExplicitAny: JSON whose shape its resource type decides
function resolve(value: any, template: Template): any {
  if (Array.isArray(value)) return value.map((item) => resolve(item, template));
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0) {
    if (name === 'Ref') return refTo(String(argument), template);
    if (name === 'Fn::GetAtt') return attributeOf(...(argument as [string, string]));
    if (name === 'Fn::GetStackOutput') return outputOf((argument as { OutputName: string }).OutputName);
    const parts = () => resolve(argument, template);
    if (name === 'Fn::Join') return parts()[1].join(parts()[0]);
    if (name === 'Fn::Select') return parts()[1][parts()[0]];
    if (name === 'Fn::Split') return parts()[1].split(parts()[0]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, template)]));
}

function refTo(name: string, { Resources }: Template): string {
  if (name === 'AWS::Region') return REGION;
  if (name === 'AWS::AccountId') return ACCOUNT;
  if (name === 'AWS::Partition') return 'aws';
  if (name === 'AWS::URLSuffix') return 'amazonaws.com';
  const { Type: type, Properties: properties = {} } = Resources[name] ?? {};
  if (type === 'AWS::ElasticLoadBalancingV2::TargetGroup')
    return arn('elasticloadbalancing', `targetgroup/${properties.Name}/0123456789abcdef`);
  return properties.AlarmName ?? properties.LogGroupName ?? name;
}

function attributeOf(id: string, attribute: string): string {
  return attribute === 'Arn' ? arn('iam', `role/${id}`).replace(`:${REGION}:`, '::') : `${id}.${attribute}`;
}

function outputOf(name: string): string {
  if (/Repository.*Arn/.test(name)) return arn('ecr', `repository/${REPOSITORY}`);
  if (/RefRepository/.test(name)) return REPOSITORY;
  if (/MasterUserSecret/.test(name)) return secretArn('master');
  if (/Endpoint/.test(name)) return 'database';
  return name.replace(/^PublishOutput(Ref|FnGetAtt)/, '');
}
