/** Reads prices from AWS's price list, with the caller's credentials. */

import { paginateGetProducts } from '@aws-sdk/client-pricing';
import type { Context } from '../core/context.ts';

/** Where a price is. The names are those of bills: docs.aws.amazon.com, "billing and usage reports". */
export interface PriceKey {
  readonly service: string;
  /** The usage type, without the region before it. */
  readonly usage: string;
  /** To narrow the list, which has 100,000 products for some services. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * The codes of regions: none (us-east-1), `EU-`, `EUC1-`, or, for keys, `eu-central-1-`. Any other
 * word before a usage type makes it another product: TS-LoadBalancerUsage is a trust store.
 */
const REGION = '(EU-|[A-Z]+\\d-|[a-z]+(-[a-z]+)+-\\d-)?';

/** Some prices of storage are the same for every database. */
const ENGINES = ['MySQL', 'Any'];

interface Product {
  readonly product: { readonly attributes: Readonly<Record<string, string>> };
  readonly terms: {
    readonly OnDemand?: Readonly<
      Record<
        string,
        { priceDimensions: Record<string, { beginRange?: string; pricePerUnit: { USD?: string } }> }
      >
    >;
  };
}

/** US dollars per unit on demand, at the first tier; undefined when AWS lists none. */
export async function readPrice(
  { aws, identity }: Context,
  { service, usage, attributes = {} }: PriceKey,
): Promise<number | undefined> {
  const usageType = new RegExp(`^${REGION}${usage}$`);
  const engines = attributes['databaseEngine'] === undefined ? ENGINES : [attributes['databaseEngine']];
  const filters = Object.entries({ regionCode: identity.region, ...attributes });
  for await (const { PriceList = [] } of paginateGetProducts(
    { client: aws.pricing },
    {
      ServiceCode: service,
      Filters: filters.map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value })),
    },
  )) {
    for (const text of PriceList) {
      const { product, terms }: Product = JSON.parse(String(text));
      const { usagetype = '', databaseEngine } = product.attributes;
      const isOther = databaseEngine !== undefined && !engines.includes(databaseEngine);
      if (!usageType.test(usagetype) || isOther) continue;
      const dimensions = Object.values(terms.OnDemand ?? {}).flatMap(({ priceDimensions }) =>
        Object.values(priceDimensions),
      );
      const [first] = dimensions.toSorted((a, b) => Number(a.beginRange ?? 0) - Number(b.beginRange ?? 0));
      if (first?.pricePerUnit.USD !== undefined) return Number(first.pricePerUnit.USD);
    }
  }
  return undefined;
}
