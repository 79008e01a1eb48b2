/** What the platform and the service agree on beside the environment variables: ports, paths, names. */

/** Of the image; see its Dockerfile. */
export const IMAGE = {
  port: 5000,
  user: 'node',
  migrate: ['migrate'],
  healthCheck: ['CMD', 'node', '/app/dist/healthcheck.js'],
} as const;

/** Labels of the image, which its build compares with its migrations; see its Dockerfile. */
export const LABELS = {
  /** The number of its newest migration. */
  schema: 'cars-api.schema-version',
  /** The oldest schema version whose code still works once all its migrations are applied. */
  oldestCompatible: 'cars-api.oldest-compatible',
} as const;

/** Answers as long as the process does, and never asks the database: one database that is away must not restart every task. */
export const HEALTH_PATH = '/healthz';

export const MYSQL_PORT = 3306;

/** The database of the service, its master, and the user that the tasks work as. */
export const DATABASE = { name: 'cars', master: 'cars_admin', app: 'cars_app' } as const;

/** The registry's repository, one for each account: production runs the digest that staging ran. */
export const REPOSITORY = 'cars-api';

/** Images with a tag of this prefix were deployed: the registry keeps them, and `rollback` may go to them. */
export const RELEASED = 'released-';

/** The table of an environment's releases and its lock, and how its items are found. */
export function releasesTable(prefix: string): string {
  return `${prefix}-releases`;
}
export const RELEASES_KEY = { partition: 'pk', sort: 'sk' } as const;

/** What tasks run on, in the words of ECS and of images. */
export const ARCHITECTURE = { task: 'X86_64', image: 'amd64' } as const;
