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
  const byUse = ['load balancer capacity', 'NAT traffic', 'logs and metrics', 'backups beyond the storage'];
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

/** Everything that costs money while it only exists. */
function itemsOf({ network, database, service }: Environment): Item[] {
  const zones = chosen(network.zones);
  const outbound = chosen(network.outbound);
  const gateways = outbound === 'endpoints' ? 0 : outbound === 'one-nat' ? 1 : zones;
  const { min } = service.tasks;
  const isMultiAz = chosen(database.multiAz);
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
      amount: 1,
      unit: `${instanceType}, ${deploymentOption}`,
      per: 'hour',
      price: {
        service: 'AmazonRDS',
        usage: `${isMultiAz ? 'Multi-AZUsage' : 'InstanceUsage'}:${instanceType}`,
        attributes: { instanceType, deploymentOption, databaseEngine: 'MySQL' },
      },
    },
    {
      part: 'database storage',
      amount: database.storage.initial,
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
      amount: 2,
      unit: 'secrets',
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
      part: 'alarms',
      amount: 12,
      unit: 'alarms',
      per: 'month',
      price: { service: 'AmazonCloudWatch', usage: 'CW:AlarmMonitorUsage' },
    },
  ];
  return items.filter(({ amount }) => amount > 0);
}
