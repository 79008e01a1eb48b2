/** What an environment costs a month, part by part, before anybody calls it. */

import { chosen, type Environment } from '../../platform/environments.ts';
import { PRICES, type Price } from './prices.ts';

export interface Cost {
  readonly part: string;
  /** US dollars a month; undefined is unknown. */
  readonly usd: number | undefined;
  /** How it comes about. */
  readonly basis: string;
  /** Where the price is from. */
  readonly source: string;
}

/** Hours of a month, as AWS counts them. */
const HOURS = 730;

export function costsOf({ network, database, service }: Environment): Cost[] {
  const zones = chosen(network.zones);
  const outbound = chosen(network.outbound);
  const gateways = outbound === 'endpoints' ? 0 : outbound === 'one-nat' ? 1 : zones;
  const { least, most } = service.tasks;
  const instances = chosen(database.multiAz) ? 2 : 1;
  const cpus = service.task.cpu / 1024;
  const gigabytes = service.task.memory / 1024;
  return [
    part(`${least} tasks (the least; up to ${most})`, [
      [least * cpus, 'vCPU', PRICES.fargateCpu],
      [least * gigabytes, 'GB', PRICES.fargateGigabyte],
    ]),
    part('load balancer', [[1, 'load balancer', PRICES.loadBalancer]]),
    unknown('capacity units of the load balancer', 'by use'),
    ...(outbound === 'endpoints'
      ? [unknown('VPC endpoints', `4 services in ${zones} zones`)]
      : [part('NAT', [[gateways, 'gateways', PRICES.natGateway]])]),
    part('public addresses', [[zones + gateways, 'addresses', PRICES.publicAddress]]),
    unknown('database', `${instances} × db.${database.instance}`),
    part('storage of the database', [[instances * database.storage.initial, 'GB', PRICES.databaseGigabyte]]),
    unknown('backups of the database', `${chosen(database.backupDays)} days; as much as the storage is free`),
    part('secrets', [[2, 'secrets', PRICES.secret]]),
    part('key of the alarms', [[1, 'key', PRICES.key]]),
    unknown('logs, metrics, alarms, dashboard', 'by use'),
    unknown('registry, table of releases, traffic', 'by use'),
  ];
}

/** The sum of what is known. */
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
    basis: items.map(([amount, unit, { usd, per }]) => `${amount} ${unit} × $${usd} a ${per}`).join(' + '),
    source: [...new Set(items.map(([, , { page, date }]) => `${page} (${date})`))].join(', '),
  };
}

function unknown(name: string, basis: string): Cost {
  return { part: name, usd: undefined, basis, source: '' };
}
