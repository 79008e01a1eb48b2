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
  const instances = isAurora && chosen(database.multiAz) ? 2 : 1;
  const engine = {
    databaseEngine: isAurora ? 'Aurora MySQL' : 'MySQL',
    deploymentOption: chosen(database.multiAz) && !isAurora ? 'Multi-AZ' : 'Single-AZ',
  };
  const item = (part: string, amount: number, unit: string, per: Item['per'], price: PriceKey): Item[] =>
    amount === 0 ? [] : [{ part, amount, unit, per, price }];
  const hourly = (part: string, amount: number, unit: string, code: string, usage: RegExp) =>
    item(part, amount, unit, 'hour', { service: code, usage });
  const monthly = (part: string, amount: number, unit: string, code: string, usage: RegExp) =>
    item(part, amount, unit, 'month', { service: code, usage });
  return [
    ...hourly(
      'tasks: CPU',
      (min * service.task.cpu) / 1024,
      'vCPU',
      'AmazonECS',
      /(^|-)Fargate-vCPU-Hours:perCPU$/,
    ),
    ...hourly(
      'tasks: memory',
      (min * service.task.memory) / 1024,
      'GB',
      'AmazonECS',
      /(^|-)Fargate-GB-Hours$/,
    ),
    ...item('load balancer', 1, 'load balancer', 'hour', {
      service: 'AWSELB',
      usage: /(^|-)LoadBalancerUsage$/,
      attributes: { operation: 'LoadBalancing:Application' },
    }),
    ...hourly('NAT', gateways, 'gateways', 'AmazonEC2', /(^|-)NatGateway-Hours$/),
    ...hourly(
      'VPC endpoints',
      outbound === 'endpoints' ? 4 * zones : 0,
      'endpoints in zones',
      'AmazonVPC',
      /(^|-)VpcEndpoint-Hours$/,
    ),
    ...hourly(
      'public addresses',
      zones + gateways,
      'addresses',
      'AmazonVPC',
      /(^|-)PublicIPv4:InUseAddress$/,
    ),
    ...item('database', instances, `db.${database.instance}, ${engine.deploymentOption}`, 'hour', {
      service: 'AmazonRDS',
      usage: /(InstanceUsage|Multi-AZUsage):/,
      attributes: { ...engine, instanceType: `db.${database.instance}` },
    }),
    ...item('database storage', isAurora ? 0 : database.storage.initial, 'GB', 'month', {
      service: 'AmazonRDS',
      usage: /GP3-Storage$/,
      attributes: { ...engine, volumeType: 'General Purpose-GP3' },
    }),
    ...monthly('secrets', 1, 'secret', 'AWSSecretsManager', /AWSSecretsManager-?Secrets$/),
    ...monthly('keys', 2, 'keys', 'awskms', /(^|-)KMS-Keys$/),
    ...monthly('firewall', 1, 'web ACL', 'awswaf', /(^|-)WebACLV2$/),
    ...monthly('firewall rules', firewallRules, 'rules', 'awswaf', /(^|-)RuleV2$/),
    ...monthly('alarms', alarmMetrics, 'metrics', 'AmazonCloudWatch', /(^|-)CW:AlarmMonitorUsage$/),
    ...monthly(
      'joined alarms',
      compositeAlarms,
      'alarms',
      'AmazonCloudWatch',
      /(^|-)CW:CompositeAlarmMonitorUsage$/,
    ),
  ];
}
