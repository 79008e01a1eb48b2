/**
 * What the platform and the service agree on, besides the environment variables: ports, paths,
 * names.
 */

/** The image; see the Dockerfile. */
export const IMAGE = {
  port: 5000,
  user: 'node',
  migrate: ['migrate'],
  healthCheck: ['CMD', 'node', '/app/dist/healthcheck.js'],
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

/** The database, its master user, and the user that serving tasks connect as. */
export const DATABASE = { name: 'cars', master: 'cars_admin', app: 'cars_app' } as const;

/** The ECR repository, one per account: production runs the digest that staging ran. */
export const REPOSITORY = 'cars-api';

/**
 * The prefix of a tag that marks deployed images: the registry keeps them, so `rollback` can use
 * them.
 */
export const RELEASED = 'released-';

/** The table with an environment's ledger of releases and its lock. */
export function releasesTable(prefix: string): string {
  return `${prefix}-releases`;
}
export const RELEASES_KEY = { partition: 'pk', sort: 'sk' } as const;

/** The CPU architecture of tasks, as ECS and as images name it. */
export const ARCHITECTURE = { task: 'X86_64', image: 'amd64' } as const;
