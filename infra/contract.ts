/** What the platform and the service agree on beside the environment variables: ports, paths, names. */

/** Of the image; see its Dockerfile. */
export const IMAGE = {
  port: 5000,
  user: 'node',
  migrate: ['migrate'],
  healthCheck: ['CMD', 'node', '/app/dist/healthcheck.js'],
} as const;

/** Answers as long as the process does, and never asks the database: one database that is away must not restart every task. */
export const HEALTH_PATH = '/healthz';

export const MYSQL_PORT = 3306;

/** The database of the service, its master, and the user that the tasks work as. */
export const DATABASE = { name: 'cars', master: 'cars_admin', app: 'cars_app' } as const;

/** The registry's repository, one for each account: production runs the digest that staging ran. */
export const REPOSITORY = 'cars-api';
