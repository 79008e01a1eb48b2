/**
 * Starts the app that production runs, on a free port, with the configuration that a test needs. Only its admission is another:
 * it accepts everything, so that a busy machine changes no answer.
 */

import { afterAll, beforeAll } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/reader.ts';
import { createLog, type Log } from '../../src/observability/log.ts';
import { migrateByLaterRelease } from '../support/later-release.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { type Client, createClient } from './client.ts';

export interface RunningApp extends Client {
  readonly app: App;
  readonly port: number;
  readonly origin: string;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly log?: Log;
  /**
   * What happens to the database before the service listens. `await`: it is made fit. `begin`: that is begun, as
   * `serve.ts` does if the database does not answer. `leave`: nothing, so that only calls can touch it.
   */
  readonly database?: 'await' | 'begin' | 'leave';
}

export async function startApp(env: Environment = {}, options: StartOptions = {}): Promise<RunningApp> {
  const { database = 'await' } = options;
  const asked = env['DATABASE_URL'] ?? 'sqlite::memory:';
  const fit = database === 'await' ? await migrateByLaterRelease(asked) : undefined;
  // Most tests send made-up host names.
  const config = parseConfig({
    PORT: '0',
    AUTH_NONE_IS_INTENDED: 'true',
    ...env,
    DATABASE_URL: fit?.url ?? asked,
  });
  const app = await createApp(config, options.log ?? createLog('silent'), acceptAll);
  async function stop(): Promise<void> {
    await app.stop();
    await fit?.drop();
  }
  const started = database === 'leave' ? undefined : app.database.start();
  try {
    if (database === 'await') await started;
  } catch (error) {
    await stop();
    throw error;
  }
  const origin = await app.listen();
  return {
    ...createClient(origin),
    app,
    origin,
    port: Number(new URL(origin).port),
    stop,
  };
}

const acceptAll = () => () => undefined;

/** An empty database of a test's own. */
interface OwnDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

type CreateDatabase = () => Promise<OwnDatabase>;

const inMemory: CreateDatabase = async () => ({ url: 'sqlite::memory:', drop: async () => {} });

/** For `describe.each`: what a caller sees must be the same on both. */
export const ENGINES: readonly { engine: string; createDatabase: CreateDatabase }[] = [
  { engine: 'SQLite in memory', createDatabase: inMemory },
  { engine: 'MySQL', createDatabase: createTestDatabase },
];

/** Starts an app on an empty database for the tests of a `describe` or a file; gives the running one. */
export function useApp(createDatabase: CreateDatabase = inMemory, env: Environment = {}): () => RunningApp {
  let database: OwnDatabase | undefined;
  let running: RunningApp | undefined;
  beforeAll(async () => {
    database = await createDatabase();
    running = await startApp({ DATABASE_URL: database.url, ...env });
  });
  afterAll(async () => {
    await running?.stop();
    await database?.drop();
  });
  return () => {
    if (running === undefined) throw new Error('the app has not started');
    return running;
  };
}
