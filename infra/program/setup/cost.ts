/** Estimates what an environment costs per month before it serves any request. */

import { chosen, type Environment } from '../../platform/environments.ts';
import type { Context } from '../core/context.ts';
import { type PriceKey, readPrice } from './prices.ts';

export interface Cost {
  readonly part: string;
  /** US dollars per month; undefined if it depends on use, or AWS lists no price. */
  readonly usd: number | undefined;
  /** The calculation. */
  readonly basis: string;
}

interface Item {
  readonly part: string;
  readonly amount: number;
  readonly unit: string;
  readonly per: 'hour' | 'month';
  readonly price: PriceKey;
}

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

async function costOf(context: Context, { part, amount, unit, per, price }: Item): Promise<Cost> {
  const usd = await readPrice(context, price);
  if (usd === undefined) return { part, usd, basis: `${amount} ${unit}; AWS lists no price` };
  return {
    part,
    usd: amount * usd * (per === 'hour' ? HOURS : 1),
    basis: `${amount} ${unit} × $${usd} per ${per}`,
  };
}

/** CloudWatch counts each metric of an alarm. */
const ALARM_METRICS = {
  /** Of alarms on one metric, and `target-5xx` with two. */
  plain: 14,
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
  const outbound = chosen(network.outbound);
  const gateways = outbound === 'endpoints' ? 0 : outbound === 'one-nat' ? 1 : zones;
  const { min } = service.tasks;
  const isAurora = database.kind === 'aurora';
  // Aurora's standby is an instance of its own.
  const isMultiAz = chosen(database.multiAz) && !isAurora;
  const instances = chosen(database.multiAz) && isAurora ? 2 : 1;
  const deploymentOption = isMultiAz ? 'Multi-AZ' : 'Single-AZ';
  const instanceType = `db.${database.instance}`;
  const items: Item[] = [
    {
      part: 'tasks: CPU',
      amount: (min * service.task.cpu) / 1024,
      unit: 'vCPU',
      per: 'hour',
      price: { service: 'AmazonECS', usage: 'Fargate-vCPU-Hours:perCPU' },
    },
    {
      part: 'tasks: memory',
      amount: (min * service.task.memory) / 1024,
      unit: 'GB',
      per: 'hour',
      price: { service: 'AmazonECS', usage: 'Fargate-GB-Hours' },
    },
    {
      part: 'load balancer',
      amount: 1,
      unit: 'load balancer',
      per: 'hour',
      price: {
        service: 'AWSELB',
        usage: 'LoadBalancerUsage',
        attributes: { productFamily: 'Load Balancer-Application' },
      },
    },
    {
      part: 'NAT',
      amount: gateways,
      unit: 'gateways',
      per: 'hour',
      price: {
        service: 'AmazonEC2',
        usage: 'NatGateway-Hours',
        attributes: { productFamily: 'NAT Gateway' },
      },
    },
    {
      part: 'VPC endpoints',
      amount: outbound === 'endpoints' ? 4 * zones : 0,
      unit: 'endpoints in zones',
      per: 'hour',
      price: { service: 'AmazonVPC', usage: 'VpcEndpoint-Hours' },
    },
    {
      part: 'public addresses',
      amount: zones + gateways,
      unit: 'addresses',
      per: 'hour',
      price: { service: 'AmazonVPC', usage: 'PublicIPv4:InUseAddress' },
    },
    {
      part: 'database',
      amount: instances,
      unit: `${instanceType}, ${deploymentOption}`,
      per: 'hour',
      price: {
        service: 'AmazonRDS',
        usage: `${isMultiAz ? 'Multi-AZUsage' : 'InstanceUsage'}:${instanceType}`,
        attributes: { instanceType, deploymentOption, databaseEngine: isAurora ? 'Aurora MySQL' : 'MySQL' },
      },
    },
    {
      part: 'database storage',
      amount: isAurora ? 0 : database.storage.initial,
      unit: 'GB',
      per: 'month',
      price: {
        service: 'AmazonRDS',
        usage: `RDS:${isMultiAz ? 'Multi-AZ-' : ''}GP3-Storage`,
        attributes: { volumeType: 'General Purpose-GP3', deploymentOption },
      },
    },
    {
      part: 'secrets',
      amount: 1,
      unit: 'secret',
      per: 'month',
      price: { service: 'AWSSecretsManager', usage: 'AWSSecretsManager-Secrets' },
    },
    {
      part: 'keys',
      amount: 2,
      unit: 'keys',
      per: 'month',
      price: { service: 'awskms', usage: 'KMS-Keys' },
    },
    {
      part: 'firewall',
      amount: 1,
      unit: 'web ACL',
      per: 'month',
      price: { service: 'awswaf', usage: 'WebACLV2' },
    },
    {
      part: 'firewall rules',
      amount: firewallRules,
      unit: 'rules',
      per: 'month',
      price: { service: 'awswaf', usage: 'RuleV2' },
    },
    {
      part: 'alarms',
      amount: alarmMetrics,
      unit: 'metrics',
      per: 'month',
      price: { service: 'AmazonCloudWatch', usage: 'CW:AlarmMonitorUsage' },
    },
    {
      part: 'joined alarms',
      amount: compositeAlarms,
      unit: 'alarms',
      per: 'month',
      price: { service: 'AmazonCloudWatch', usage: 'CW:CompositeAlarmMonitorUsage' },
    },
  ];
  return items.filter(({ amount }) => amount > 0);
}
