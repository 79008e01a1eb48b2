/** The service, put together: every part named once, in the order in which it is needed. */

import { createKeyCache } from './callers/key-cache.ts';
import type { AuthConfig } from './config/auth.ts';
import type { Config } from './config/config.ts';
import type { Database } from './database/database.ts';
import { openDatabase } from './database/open-database.ts';
import { createAdmission } from './http/admission.ts';
import { createAuthentication } from './http/callers/authentication.ts';
import { addGate } from './http/callers/gate.ts';
import { collectOpenapi } from './http/contract/openapi.ts';
import { LIMITS } from './http/limits.ts';
import { addCarHistoryRoute } from './http/routes/car-history.ts';
import { addCarListRoute } from './http/routes/car-list.ts';
import { addCarRoutes } from './http/routes/cars.ts';
import { addDocsRoutes } from './http/routes/docs.ts';
import { addHealthRoutes } from './http/routes/health.ts';
import { createServer } from './http/server.ts';
import type { Log } from './observability/log.ts';
import { createRequestLog } from './observability/request-line.ts';
import { type Observability, startObservability } from './observability/start-observability.ts';
import { version } from './package.ts';

/** Milliseconds for each second of `STOP_SECONDS` that traces may take at the end. */
const FLUSH_SHARE = 200;

export type App = Awaited<ReturnType<typeof createApp>>;

/**
 * Makes the service; nothing listens and no database is asked before its parts are told to.
 * @param admission who is refused when more is asked than can be served in time.
 */
export async function createApp(config: Config, log: Log, admission = createAdmission) {
  const database = await openDatabase(config.database, log);
  const server = createServer(
    createRequestLog(log, config.observability.embeddedMetrics),
    admission(database.cars.waits),
    config.http.corsOrigins,
  );
  const callers = await knowCallers(config.auth, database);
  let stopping = false;
  let observability: Observability | undefined;

  addGate(server, { ...callers, publicRead: config.auth.publicRead, limits: config.limits });
  collectOpenapi(server, version);
  server.register(async () => {
    addCarListRoute(server, database.cars);
    addCarRoutes(server, database.cars);
    addCarHistoryRoute(server, database.cars);
    addHealthRoutes(server, database, { version, isStopping: () => stopping });
    addDocsRoutes(server);
  });
  await server.ready();

  return {
    server,
    database,

    /** Listens; resolves with the address. */
    async listen(): Promise<string> {
      const { host, port } = config.http;
      const source = { version, pool: database.poolState };
      observability = await startObservability(config.observability, host, source, log);
      return server.listen({ host, port, backlog: LIMITS.backlog });
    },

    /** From now on `/readyz` is 503; all else goes on. */
    drain(): void {
      stopping = true;
    },

    /** Refuses nothing that has begun: ends when every request in flight was answered, then closes the database. */
    async stop(): Promise<void> {
      stopping = true;
      await server.close();
      callers.forget();
      await database.close();
      await observability?.close(config.stopSeconds * FLUSH_SHARE);
    },
  };
}

/** How callers are known, as the configuration has it. Tokens are loaded where they are asked for only. */
async function knowCallers({ apiKeys, jwt }: AuthConfig, database: Database) {
  const keys = apiKeys ? createKeyCache(() => database.keys.list()) : undefined;
  const verifyToken = jwt && (await import('./http/callers/access-tokens.ts')).createTokenVerifier(jwt);
  const isNobody = keys === undefined && verifyToken === undefined;
  return {
    authenticate: isNobody ? undefined : createAuthentication({ keys, verifyToken }),
    forget: () => keys?.close(),
  };
}
