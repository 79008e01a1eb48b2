/**
 * What the platform and the service agree on, besides the environment variables: ports, paths,
 * names.
 */

import { APPLICATION } from './environments.ts';

/** The image; see the Dockerfile. */
export const IMAGE = {
  port: 5000,
  user: 'node',
  migrate: ['migrate'],
  /** The name of the container in a task. */
  container: 'api',
} as const;

/** Labels of the image, checked against its migrations when it is built; see the Dockerfile. */
export const LABELS = {
  /** The number of its newest migration. */
  schema: 'cars-api.schema-version',
  /** The oldest schema version whose code still works after all of its migrations. */
  oldestCompatible: 'cars-api.oldest-compatible',
} as const;

/** Does not query the database: an unavailable database must not restart every task. */
export const HEALTH_PATH = '/healthz';

export const MYSQL_PORT = 3306;

/** The database and its master user. */
export const DATABASE = { name: 'cars', master: 'cars_admin' } as const;

/**
 * The user that serving tasks sign in as, by IAM. It names the environment, so that a role can be
 * limited to it: the other part of the resource, the id of the database, changes with a restore.
 */
export function appUser(prefix: string): string {
  return `${prefix.replaceAll('-', '_')}_app`;
}

/** GitHub's OIDC issuer, without `https://`. */
export const GITHUB_ISSUER = 'token.actions.githubusercontent.com';

/** The ECR repository, one per account: production runs the digest that staging ran. */
export const REPOSITORY = APPLICATION;

/** The roles of the pipeline that serve all environments. */
export const BUILD_ROLE = `${APPLICATION}-build`;
export const PLAN_ROLE = `${APPLICATION}-plan`;

/**
 * The prefix of a tag that marks deployed images: the registry keeps them, so `rollback` can use
 * them.
 */
export const RELEASED = 'released-';

/** The vault for copies of the databases, in the region that `recovery.region.copyTo` names. */
export const COPY_VAULT = `${APPLICATION}-copies`;

/** The table with an environment's ledger of releases and its lock. */
export function releasesTable(prefix: string): string {
  return `${prefix}-releases`;
}
export const RELEASES_KEY = { partition: 'pk', sort: 'sk' } as const;

/**
 * The SSM parameters with the definitions that a release combines with an image: the input of
 * `RegisterTaskDefinition` for each kind of task, and a {@link ServiceDefinition}.
 */
export function definitionName(prefix: string, kind: 'serve' | 'migrate' | 'service'): string {
  return `/${prefix}/${kind}`;
}

/** The service's settings, except the image and the number of tasks. */
export interface ServiceDefinition {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly targetGroupArn: string;
  readonly port: number;
  /** Seconds. */
  readonly healthCheckGracePeriod: number;
  /** The names of the alarms that roll a release back. */
  readonly alarms: readonly string[];
  /** The limits of autoscaling, and its targets for the average task. */
  readonly tasks: { readonly min: number; readonly max: number };
  readonly target: { readonly cpu: number; readonly memory: number; readonly requests: number };
  /** Names the load balancer and the target group whose requests are counted. */
  readonly requestsLabel: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The CPU architecture of tasks, as ECS and as images name it. */
export const ARCHITECTURE = { task: 'X86_64', image: 'amd64' } as const;
