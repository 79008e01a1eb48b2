/** Which of AWS's prices `plan` takes, from lists as the Price List API returns them. */

import { PricingClient } from '@aws-sdk/client-pricing';
import { expect, it } from 'vitest';
import type { Context } from '../../program/core/context.ts';
import { type PriceKey, readPrice } from '../../program/setup/prices.ts';

interface Listed {
  readonly usagetype: string;
  readonly databaseEngine?: string;
  /** The first price is for the first units. */
  readonly usd: readonly number[];
}

/** An account for which AWS lists these products, whatever the filter. */
function contextWith(listed: readonly Listed[]): Context {
  const PriceList = listed.map(({ usd, ...attributes }) => {
    const dimensions = usd.map((price, index) => [
      `${index}`,
      { beginRange: `${index * 10}`, pricePerUnit: { USD: `${price}` } },
    ]);
    const priceDimensions = Object.fromEntries(dimensions.toReversed());
    return JSON.stringify({ product: { attributes }, terms: { OnDemand: { only: { priceDimensions } } } });
  });
  const pricing = { send: async () => ({ PriceList }), middlewareStack: {} };
  // The SDK's paginator accepts only its own client.
  Object.setPrototypeOf(pricing, PricingClient.prototype);
  return { aws: { pricing }, identity: { region: 'eu-central-1' } } as unknown as Context;
}

const LOAD_BALANCER = 'LoadBalancerUsage';

it.each<[what: string, usage: string, listed: readonly Listed[], usd: number | undefined]>([
  ['a region with a code', LOAD_BALANCER, [{ usagetype: 'EUC1-LoadBalancerUsage', usd: [2] }], 2],
  ['us-east-1, which has none', LOAD_BALANCER, [{ usagetype: 'LoadBalancerUsage', usd: [2] }], 2],
  ['eu-west-1, which has no number', LOAD_BALANCER, [{ usagetype: 'EU-LoadBalancerUsage', usd: [2] }], 2],
  ['a key, with the name of its region', 'KMS-Keys', [{ usagetype: 'eu-central-1-KMS-Keys', usd: [1] }], 1],
  [
    'a load balancer, not its trust store or one on Outposts',
    LOAD_BALANCER,
    [
      { usagetype: 'EUC1-TS-LoadBalancerUsage', usd: [9] },
      { usagetype: 'TS-LoadBalancerUsage', usd: [9] },
      { usagetype: 'EUC1-Outposts-LoadBalancerUsage', usd: [9] },
      { usagetype: 'EUC1-LoadBalancerUsage', usd: [2] },
    ],
    2,
  ],
  [
    'a gateway of a zone, not of a region',
    'NatGateway-Hours',
    [
      { usagetype: 'EUC1-RegionalNatGateway-Hours', usd: [9] },
      { usagetype: 'EUC1-NatGateway-Hours', usd: [2] },
    ],
    2,
  ],
  [
    'an alarm of a minute, not of seconds',
    'CW:AlarmMonitorUsage',
    [
      { usagetype: 'EUC1-CW:HighResAlarmMonitorUsage', usd: [9] },
      { usagetype: 'EUC1-CW:AlarmMonitorUsage', usd: [2, 1] },
    ],
    2,
  ],
  [
    'storage of MySQL or of every database, not of another one',
    'RDS:Multi-AZ-GP3-Storage',
    [
      { usagetype: 'EUC1-RDS:Multi-AZ-GP3-Storage', databaseEngine: 'SQL Server', usd: [9] },
      { usagetype: 'EUC1-RDS:Multi-AZ-GP3-Storage', databaseEngine: 'Any', usd: [2] },
    ],
    2,
  ],
  ['nothing', LOAD_BALANCER, [{ usagetype: 'EUC1-LCUUsage', usd: [9] }], undefined],
])('%s', async (_, usage, listed, usd) => {
  const key: PriceKey = { service: 'any', usage };
  expect(await readPrice(contextWith(listed), key)).toBe(usd);
});
