/**
 * The environments side by side: what each costs, survives and scales to. Every property is
 * required. A choice that is weaker than what clients' data deserves must give its reason. Account
 * and region come from the AWS credentials.
 */

import type { InstanceName } from './connections.ts';

/** A weaker choice, and the reason for it. */
export interface Weaker<Value> {
  readonly value: Value;
  readonly reason: string;
}

/** Minutes. */
export interface Objectives {
  readonly rto: number;
  readonly rpo: number;
}

export interface Environment {
  readonly network: {
    /** How many availability zones the tasks, the load balancer and the database use. */
    readonly zones: 3 | Weaker<2>;
    /**
     * How tasks reach AWS. `nat-per-zone` survives the loss of a zone, `one-nat` does not.
     * `endpoints` needs no NAT, and tasks can reach nothing but AWS services.
     */
    readonly outbound: 'nat-per-zone' | 'endpoints' | Weaker<'one-nat'>;
    /** Whether VPC flow logs record every connection, for later investigations. */
    readonly flowLogs: true | Weaker<false>;
  };
  readonly database: {
    /** MySQL on RDS, or Aurora MySQL, which fails over faster: docs/deploy/aurora.md. */
    readonly kind: 'rds' | 'aurora';
    /** The instance class. Aurora does not have `m7g`. */
    readonly instance: InstanceName;
    /**
     * GB: the size at first, and the maximum that storage autoscaling grows it to. Aurora ignores
     * it, because it grows by itself.
     */
    readonly storage: { readonly initial: number; readonly max: number };
    /** Whether a standby in another zone takes over within about a minute. */
    readonly multiAz: true | Weaker<false>;
    /** How many days back any second can be restored. */
    readonly backupDays: 35 | Weaker<number>;
    /** Whether AWS rejects the deletion of the database until this is turned off. */
    readonly deletionProtection: true | Weaker<false>;
  };
  /**
   * Recovery objectives: how long the service may be unavailable (RTO), and how much of the latest
   * data may be lost (RPO), in minutes. docs/run/restore.md has the procedures.
   */
  readonly recovery: {
    /** After the loss of an availability zone. */
    readonly zone: Objectives;
    /** After a mistake that destroyed data: `restore`, then the cut-over. */
    readonly data: Objectives;
    /** After the loss of the region: a daily copy of the database in another one. */
    readonly region: (Objectives & { readonly copyTo: string }) | Weaker<'lost'>;
    /** How often AWS Backup restores a copy to test it. */
    readonly restoreTest: 'weekly' | Weaker<'never'>;
  };
  readonly service: {
    /** The size of one task: CPU units (1024 are one vCPU) and MiB, a pair that Fargate offers. */
    readonly task: { readonly cpu: 256 | 512 | 1024 | 2048; readonly memory: number };
    /** The limits of autoscaling. */
    readonly tasks: { readonly min: number; readonly max: number };
    /** Autoscaling's targets for the average task: percent, percent, requests per minute. */
    readonly target: { readonly cpu: number; readonly memory: number; readonly requests: number };
    /** How many days the service's log is kept. */
    readonly logDays: 30 | 90 | 365;
    /** The web ACL blocks an address that sends more requests within five minutes. */
    readonly requestsPerAddress: number;
  };
  /** What clients may expect in 30 days: the alarms fire when it is about to be missed. */
  readonly objectives: {
    /** The percentage of requests that are not answered with 5xx. */
    readonly availability: number;
    /** The percentage of requests that are answered within this many seconds. */
    readonly latency: { readonly percent: number; readonly seconds: number };
  };
  /**
   * US dollars per month. Alarm recipients get a message when the bill reaches it or is forecast to.
   * It counts the whole AWS account, in which usually both environments are.
   */
  readonly budget: number;
  /**
   * HTTPS, and the domain name that clients use: with a certificate from AWS Certificate Manager, or
   * with a hosted zone of Route 53, in which `setup` creates the certificate and the DNS record.
   */
  readonly address:
    | { readonly domainName: string; readonly certificateArn: string }
    | { readonly domainName: string; readonly hostedZone: { readonly id: string; readonly name: string } }
    | Weaker<'plain-http'>;
  /** Who gets the alarms by e-mail. Each recipient has to confirm once. */
  readonly alarmEmails: readonly string[] | Weaker<'nobody'>;
}

/** `infra/aws-deploy.sh plan` shows what they cost. */
export const ENVIRONMENTS = {
  production: {
    network: { zones: 3, outbound: 'nat-per-zone', flowLogs: true },
    database: {
      kind: 'rds',
      instance: 'm7g.large',
      storage: { initial: 100, max: 1000 },
      multiAz: true,
      backupDays: 35,
      deletionProtection: true,
    },
    recovery: {
      zone: { rto: 5, rpo: 0 },
      data: { rto: 120, rpo: 5 },
      region: { rto: 24 * 60, rpo: 26 * 60, copyTo: 'eu-west-1' },
      restoreTest: 'weekly',
    },
    service: {
      task: { cpu: 1024, memory: 2048 },
      tasks: { min: 3, max: 12 },
      target: { cpu: 50, memory: 70, requests: 300_000 },
      logDays: 365,
      requestsPerAddress: 600_000,
    },
    objectives: { availability: 99.9, latency: { percent: 99, seconds: 1 } },
    budget: 1000,
    address: {
      value: 'plain-http',
      reason:
        'a certificate needs a domain, which this repository does not have; name yours before clients use it',
    },
    alarmEmails: {
      value: 'nobody',
      reason: 'this repository does not know who operates it; name yours before clients use it',
    },
  },
  staging: {
    network: {
      zones: { value: 2, reason: 'two zones are enough to test a release' },
      outbound: {
        value: 'one-nat',
        reason: 'staging may fail with a zone; a NAT gateway is its most expensive part',
      },
      flowLogs: { value: false, reason: 'staging has no data of clients' },
    },
    database: {
      kind: 'rds',
      instance: 't4g.medium',
      storage: { initial: 20, max: 100 },
      multiAz: { value: false, reason: 'its data can be recreated; one instance costs half' },
      backupDays: { value: 7, reason: 'its data can be recreated' },
      deletionProtection: {
        value: false,
        reason: 'it is deleted and set up again to test exactly that',
      },
    },
    recovery: {
      zone: { rto: 120, rpo: 5 },
      data: { rto: 120, rpo: 5 },
      region: { value: 'lost', reason: 'its data can be recreated' },
      restoreTest: { value: 'never', reason: 'production tests the same procedure' },
    },
    service: {
      task: { cpu: 512, memory: 1024 },
      tasks: { min: 2, max: 4 },
      target: { cpu: 50, memory: 70, requests: 150_000 },
      logDays: 30,
      requestsPerAddress: 300_000,
    },
    objectives: { availability: 99, latency: { percent: 95, seconds: 1 } },
    budget: 1000,
    address: { value: 'plain-http', reason: 'as in production' },
    alarmEmails: { value: 'nobody', reason: 'as in production' },
  },
} as const satisfies Readonly<Record<string, Environment>>;

export type EnvironmentName = keyof typeof ENVIRONMENTS;

/** How many NAT gateways an environment has. */
export function countGateways({ outbound, zones }: Environment['network']): number {
  const route = chosen(outbound);
  return { endpoints: 0, 'one-nat': 1, 'nat-per-zone': chosen(zones) }[route];
}

/** The value of a choice, with or without a reason. */
export function chosen<Best extends string | number | boolean | readonly string[], Other>(
  choice: Best | Weaker<Other>,
): Best | Other {
  return isWeaker(choice) ? choice.value : choice;
}

function isWeaker<Best, Other>(choice: Best | Weaker<Other>): choice is Weaker<Other> {
  return typeof choice === 'object' && choice !== null && 'reason' in choice;
}

/**
 * The start of the name of everything in an account and region. Change it to set up a second copy
 * beside the first one.
 */
export const APPLICATION = 'cars-api';

/** The prefix of every name; production's is the shortest, because it is typed most. */
export function prefixOf(name: EnvironmentName): string {
  return name === 'production' ? APPLICATION : `${APPLICATION}-${name}`;
}
