/** Runs once around all test files: sees to a MySQL server and tells the files where it is. */

import type { TestProject } from 'vitest/node';
import { provideServer } from '../../tools/mysql-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `mysql://user:password@host:port`, without a database; see `createTestDatabase`. */
    mysqlUrl: string;
  }
}

/** Vitest calls what this returns at the end, also when tests failed. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await provideServer();
  project.provide('mysqlUrl', server.url);
  return () => server.stop();
}
