/**
 * The environments, side by side: what each costs, survives and scales to. Every property is required, and whatever is
 * weaker than what we would choose for callers' data says why. Account and region are those of the caller's AWS
 * credentials, so nothing here names either.
 */

/** A choice that is weaker than the other one, and why it is made all the same. */
export interface Weaker<Value> {
  readonly value: Value;
  readonly reason: string;
}

export interface Environment {
  readonly network: {
    /** Availability zones that the tasks, the load balancer and the database are spread over. */
    readonly zones: 3 | Weaker<2>;
    /**
     * How tasks reach AWS: `nat-per-zone` survives the loss of a zone; `one-nat` does not; `endpoints` needs no NAT and
     * lets tasks reach nothing but AWS's own services.
     */
    readonly outbound: 'nat-per-zone' | 'endpoints' | Weaker<'one-nat'>;
    /** Whether each connection is recorded (VPC flow logs), for whoever has to find out later who spoke to whom. */
    readonly flowLogs: true | Weaker<false>;
  };
  readonly database: {
    /** MySQL on RDS; docs/deploy/aurora.md says what to change for Aurora. */
    readonly kind: 'rds-mysql';
    readonly instance: string;
    /** GB at first, and the most that storage grows to by itself. */
    readonly storage: { readonly initial: number; readonly most: number };
    /** A second instance in another zone that takes over within about a minute. */
    readonly multiAz: true | Weaker<false>;
    /** Days for which any second can be restored. */
    readonly backupDays: 35 | Weaker<number>;
    /** Whether deleting the database is refused until this is turned off. */
    readonly deletionProtection: true | Weaker<false>;
  };
  readonly service: {
    /** Of one task: units of CPU (1024 are one core) and MiB, in a pair that Fargate has. */
    readonly task: { readonly cpu: 256 | 512 | 1024 | 2048; readonly memory: number };
    readonly tasks: { readonly least: number; readonly most: number };
    /** What a task is to be used for on average: percent, percent, requests a minute. */
    readonly target: { readonly cpu: number; readonly memory: number; readonly requests: number };
    /** Days for which the service's log is kept. */
    readonly logDays: 30 | 90 | 365;
  };
  /** HTTPS with a certificate of AWS Certificate Manager, and the name that callers use. */
  readonly address: { readonly certificateArn: string; readonly domainName: string } | Weaker<'plain-http'>;
  /** Who gets the alarms, by e-mail; each has to confirm once. */
  readonly told: readonly string[] | Weaker<'nobody'>;
}

/**
 * What AWS asks for each in a month, before any use, in us-east-1: production 269.80 US dollars, staging 100.37, and beside that what
 * has no price here, above all the instances of the database. `infra/aws-deploy.sh plan` has every part, with the page that its price is from.
 */
export const ENVIRONMENTS = {
  production: {
    network: { zones: 3, outbound: 'nat-per-zone', flowLogs: true },
    database: {
      kind: 'rds-mysql',
      instance: 'm7g.large',
      storage: { initial: 100, most: 1000 },
      multiAz: true,
      backupDays: 35,
      deletionProtection: true,
    },
    service: {
      task: { cpu: 1024, memory: 2048 },
      tasks: { least: 3, most: 12 },
      target: { cpu: 50, memory: 70, requests: 300_000 },
      logDays: 365,
    },
    address: {
      value: 'plain-http',
      reason:
        'a certificate belongs to a domain, which this repository does not have; name yours before callers come',
    },
    told: { value: 'nobody', reason: 'addresses belong to those who run it; name yours before callers come' },
  },
  staging: {
    network: {
      zones: { value: 2, reason: 'a release is proved by more than one zone, not by the number of them' },
      outbound: {
        value: 'one-nat',
        reason: 'staging may be away while a zone is; a NAT gateway is its dearest part',
      },
      flowLogs: { value: false, reason: 'no data of callers is here' },
    },
    database: {
      kind: 'rds-mysql',
      instance: 't4g.medium',
      storage: { initial: 20, most: 100 },
      multiAz: { value: false, reason: 'its data can be made again; halves the price' },
      backupDays: { value: 7, reason: 'its data can be made again' },
      deletionProtection: {
        value: false,
        reason: 'it is taken down and set up again to prove that this works',
      },
    },
    service: {
      task: { cpu: 512, memory: 1024 },
      tasks: { least: 2, most: 4 },
      target: { cpu: 50, memory: 70, requests: 150_000 },
      logDays: 30,
    },
    address: { value: 'plain-http', reason: 'as in production' },
    told: { value: 'nobody', reason: 'as in production' },
  },
} as const satisfies Readonly<Record<string, Environment>>;

export type EnvironmentName = keyof typeof ENVIRONMENTS;

/** The value of a choice, whether it is the best one or a weaker one. */
export function chosen<Best extends string | number | boolean | readonly string[], Other>(
  choice: Best | Weaker<Other>,
): Best | Other {
  return isWeaker(choice) ? choice.value : choice;
}

function isWeaker<Best, Other>(choice: Best | Weaker<Other>): choice is Weaker<Other> {
  return typeof choice === 'object' && choice !== null && 'reason' in choice;
}

/** The prefix of every name: production has the bare one, since what people read and type most is production's. */
export function prefixOf(name: EnvironmentName): string {
  return name === 'production' ? 'cars-api' : `cars-api-${name}`;
}
