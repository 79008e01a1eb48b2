/** Reads prices from AWS's price list, with the caller's credentials. */

import { paginateGetProducts } from '@aws-sdk/client-pricing';
import type { Context } from '../core/context.ts';

/** Where a price is: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html */
export interface PriceKey {
  readonly service: string;
  /** The usage type, without the region's prefix. */
  readonly usage: RegExp;
  readonly attributes?: Readonly<Record<string, string>>;
}

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
      if (!usage.test(product.attributes['usagetype'] ?? '')) continue;
      const dimensions = Object.values(terms.OnDemand ?? {}).flatMap(({ priceDimensions }) =>
        Object.values(priceDimensions),
      );
      const [first] = dimensions.toSorted((a, b) => Number(a.beginRange ?? 0) - Number(b.beginRange ?? 0));
      if (first?.pricePerUnit.USD !== undefined) return Number(first.pricePerUnit.USD);
    }
  }
  return undefined;
}
