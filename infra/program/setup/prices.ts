/**
 * AWS's prices in US dollars in us-east-1, each with the page it comes from and that page's date.
 * None of the pages is AWS's own. A part without a price here is "unknown" in the plan; no price is
 * guessed.
 */

export interface Price {
  readonly usd: number;
  readonly per: 'hour' | 'month';
  readonly page: string;
  /** Year and month, and the day if the page has one. */
  readonly date: string;
}

const FARGATE_PAGE = { page: 'https://www.wring.co/blog/aws-fargate-pricing-guide', date: '2026-03-10' };
const NAT_PAGE = { page: 'https://cloudburn.io/blog/aws-nat-gateway-pricing', date: '2026-02-24' };

export const PRICES = {
  /** Linux on x86. */
  fargateCpu: { usd: 0.04048, per: 'hour', ...FARGATE_PAGE },
  fargateGigabyte: { usd: 0.004445, per: 'hour', ...FARGATE_PAGE },
  loadBalancer: {
    usd: 0.0225,
    per: 'hour',
    page: 'https://awsnegotiations.com/elastic-load-balancer-cost.html',
    date: '2026-05',
  },
  natGateway: { usd: 0.045, per: 'hour', ...NAT_PAGE },
  publicAddress: { usd: 0.005, per: 'hour', ...NAT_PAGE },
  /** One GB of gp3 storage for one instance. */
  databaseGigabyte: {
    usd: 0.115,
    per: 'month',
    page: 'https://www.usage.ai/blogs/aws/reserved-instances/rds/pricing-calculator/',
    date: '2026-06',
  },
  secret: {
    usd: 0.4,
    per: 'month',
    page: 'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms',
    date: 'none given, read in 2026-11',
  },
  key: {
    usd: 1,
    per: 'month',
    page: 'https://www.factualminds.com/blog/aws-kms-pricing-keys-requests-multi-region/',
    date: 'none given, read in 2026-11',
  },
} as const satisfies Record<string, Price>;
