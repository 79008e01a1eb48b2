/** Estimates what an environment costs per month before it serves any request. */

import { chosen, type Environment } from '../../platform/environments.ts';
import { PRICES, type Price } from './prices.ts';

export interface Cost {
  readonly part: string;
  /** US dollars per month; undefined if unknown. */
  readonly usd: number | undefined;
  /** The calculation. */
  readonly basis: string;
  /** The page that has the price. */
  readonly source: string;
}

/** Hours per month, as AWS counts them. */
const HOURS = 730;

export function costsOf({ network, database, service }: Environment): Cost[] {
  const zones = chosen(network.zones);
  const outbound = chosen(network.outbound);
  const gateways = outbound === 'endpoints' ? 0 : outbound === 'one-nat' ? 1 : zones;
  const { min, max } = service.tasks;
  const instances = chosen(database.multiAz) ? 2 : 1;
  const cpus = service.task.cpu / 1024;
  const gigabytes = service.task.memory / 1024;
  return [
    part(`${min} tasks (minimum; maximum ${max})`, [
      [min * cpus, 'vCPU', PRICES.fargateCpu],
      [min * gigabytes, 'GB', PRICES.fargateGigabyte],
    ]),
    part('load balancer', [[1, 'load balancer', PRICES.loadBalancer]]),
    unknown('load balancer capacity units', 'by use'),
    ...(outbound === 'endpoints'
      ? [unknown('VPC endpoints', `4 services in ${zones} zones`)]
      : [part('NAT', [[gateways, 'gateways', PRICES.natGateway]])]),
    part('public IPv4 addresses', [[zones + gateways, 'addresses', PRICES.publicAddress]]),
    unknown('database', `${instances} × db.${database.instance}`),
    part('database storage', [[instances * database.storage.initial, 'GB', PRICES.databaseGigabyte]]),
    unknown('database backups', `${chosen(database.backupDays)} days; free up to the size of the storage`),
    part('secrets', [[2, 'secrets', PRICES.secret]]),
    part('KMS key of the alarms', [[1, 'key', PRICES.key]]),
    unknown('logs, metrics, alarms, dashboard', 'by use'),
    unknown('registry, releases table, traffic', 'by use'),
  ];
}

/** The sum of the known costs. */
export function knownSum(costs: readonly Cost[]): number {
  return costs.reduce((sum, { usd = 0 }) => sum + usd, 0);
}

function part(name: string, items: readonly (readonly [amount: number, unit: string, price: Price])[]): Cost {
  return {
    part: name,
    usd: items.reduce(
      (sum, [amount, , { usd, per }]) => sum + amount * usd * (per === 'hour' ? HOURS : 1),
      0,
    ),
    basis: items.map(([amount, unit, { usd, per }]) => `${amount} ${unit} × $${usd} per ${per}`).join(' + '),
    source: [...new Set(items.map(([, , { page, date }]) => `${page} (${date})`))].join(', '),
  };
}

function unknown(name: string, basis: string): Cost {
  return { part: name, usd: undefined, basis, source: '' };
}
