/** Estimates what an environment costs per month before it serves any request. */

import { chosen, countGateways, type Environment } from '../../platform/environments.ts';
import type { Context } from '../core/context.ts';
import { type PriceKey, readPrice } from './prices.ts';

export interface Cost {
  readonly part: string;
  /** US dollars per month; undefined if it depends on use, or AWS lists no price. */
  readonly usd: number | undefined;
  /** The calculation. */
  readonly basis: string;
}

/** What is counted, its unit of price, and where its price is. */
type Item = readonly [
  part: string,
  amount: number,
  unit: string,
  per: 'hour' | 'month',
  service: PriceKey['service'],
  usage: PriceKey['usage'],
  attributes?: PriceKey['attributes'],
];

/** Hours per month, as AWS counts them. */
const HOURS = 730;

export async function costsOf(context: Context): Promise<Cost[]> {
  const known = await Promise.all(itemsOf(context.environment).map((item) => costOf(context, item)));
  const byUse = [
    'load balancer capacity',
    'NAT traffic',
    'requests through the firewall ($0.60 per million)',
    'logs and metrics',
    'backups beyond the storage',
    ...(context.environment.database.kind === 'aurora' ? ['storage and requests of Aurora'] : []),
    ...('reason' in context.environment.recovery.region ? [] : ['copies, their transfer and their tests']),
  ];
  return [...known, ...byUse.map((part) => ({ part, usd: undefined, basis: 'by use' }))];
}

/** The sum of the known costs. */
export function knownSum(costs: readonly Cost[]): number {
  return costs.reduce((sum, { usd = 0 }) => sum + usd, 0);
}

async function costOf(context: Context, item: Item): Promise<Cost> {
  const [part, amount, unit, per, service, usage, attributes = {}] = item;
  const usd = await readPrice(context, { service, usage, attributes });
  if (usd === undefined) return { part, usd, basis: `${amount} ${unit}; AWS lists no price` };
  return {
    part,
    usd: amount * usd * (per === 'hour' ? HOURS : 1),
    basis: `${amount} ${unit} × $${usd} per ${per}`,
  };
}

/** CloudWatch counts each metric of an alarm. */
const ALARM_METRICS = {
  /** Of alarms on one metric, and `target-5xx` and `latency-p99` with two each. */
  plain: 15,
  /** Two windows at two speeds: three metrics for availability, two for latency. */
  objectives: 2 * 2 * (3 + 2),
  backups: 3,
} as const;

/** What is counted in the templates, and a test compares with them. */
export function countedParts({ recovery }: Environment) {
  return {
    alarmMetrics:
      ALARM_METRICS.plain +
      ALARM_METRICS.objectives +
      ('reason' in recovery.region ? 0 : ALARM_METRICS.backups),
    /** Of two objectives at two speeds. */
    compositeAlarms: 4,
    /** Two of our own, three groups of AWS, and the one that blocks by their labels. */
    firewallRules: 6,
  };
}

/** Everything that costs money while it only exists. */
function itemsOf(environment: Environment): Item[] {
  const { network, database, service } = environment;
  const { alarmMetrics, compositeAlarms, firewallRules } = countedParts(environment);
  const zones = chosen(network.zones);
  const gateways = countGateways(network);
  const { min } = service.tasks;
  const isAurora = database.kind === 'aurora';
  // Aurora's standby is an instance of its own.
  const isMultiAz = chosen(database.multiAz) && !isAurora;
  const instances = chosen(database.multiAz) && isAurora ? 2 : 1;
  const deploymentOption = isMultiAz ? 'Multi-AZ' : 'Single-AZ';
  const instanceType = `db.${database.instance}`;
  const ofDatabase = { instanceType, deploymentOption, databaseEngine: isAurora ? 'Aurora MySQL' : 'MySQL' };
  const ofStorage = { volumeType: 'General Purpose-GP3', deploymentOption };
  const usageOfDatabase = `${isMultiAz ? 'Multi-AZUsage' : 'InstanceUsage'}:${instanceType}`;
  const usageOfStorage = `RDS:${isMultiAz ? 'Multi-AZ-' : ''}GP3-Storage`;
  const storage = isAurora ? 0 : database.storage.initial;
  const ofBalancer = { productFamily: 'Load Balancer-Application' };
  const ofNat = { productFamily: 'NAT Gateway' };
  const endpoints = chosen(network.outbound) === 'endpoints' ? 4 * zones : 0;
  const items: Item[] = [
    ['tasks: CPU', (min * service.task.cpu) / 1024, 'vCPU', 'hour', 'AmazonECS', 'Fargate-vCPU-Hours:perCPU'],
    ['tasks: memory', (min * service.task.memory) / 1024, 'GB', 'hour', 'AmazonECS', 'Fargate-GB-Hours'],
    ['load balancer', 1, 'load balancer', 'hour', 'AWSELB', 'LoadBalancerUsage', ofBalancer],
    ['NAT', gateways, 'gateways', 'hour', 'AmazonEC2', 'NatGateway-Hours', ofNat],
    ['VPC endpoints', endpoints, 'endpoints in zones', 'hour', 'AmazonVPC', 'VpcEndpoint-Hours'],
    ['public addresses', zones + gateways, 'addresses', 'hour', 'AmazonVPC', 'PublicIPv4:InUseAddress'],
    [
      'database',
      instances,
      `${instanceType}, ${deploymentOption}`,
      'hour',
      'AmazonRDS',
      usageOfDatabase,
      ofDatabase,
    ],
    ['database storage', storage, 'GB', 'month', 'AmazonRDS', usageOfStorage, ofStorage],
    ['secrets', 1, 'secret', 'month', 'AWSSecretsManager', 'AWSSecretsManager-Secrets'],
    ['keys', 2, 'keys', 'month', 'awskms', 'KMS-Keys'],
    ['firewall', 1, 'web ACL', 'month', 'awswaf', 'WebACLV2'],
    ['firewall rules', firewallRules, 'rules', 'month', 'awswaf', 'RuleV2'],
    ['alarms', alarmMetrics, 'metrics', 'month', 'AmazonCloudWatch', 'CW:AlarmMonitorUsage'],
    [
      'joined alarms',
      compositeAlarms,
      'alarms',
      'month',
      'AmazonCloudWatch',
      'CW:CompositeAlarmMonitorUsage',
    ],
  ];
  return items.filter(([, amount]) => amount > 0);
}
