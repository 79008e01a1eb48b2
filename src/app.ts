/** Composes the service from its parts, in the order in which they depend on each other. */

import { createKeyCache } from './callers/key-cache.ts';
import type { AuthConfig } from './config/auth.ts';
import type { Config } from './config/config.ts';
import type { Database } from './database/database.ts';
import { openDatabase } from './database/open-database.ts';
import { createAdmission } from './http/admission.ts';
import { addAccessControl } from './http/callers/access-control.ts';
import { createAuthentication } from './http/callers/authentication.ts';
import { createClientOf } from './http/callers/client-address.ts';
import { collectOpenapi } from './http/contract/openapi.ts';
import { LIMITS } from './http/limits.ts';
import { addCarBatchRoute } from './http/routes/car-batch.ts';
import { addCarCountsRoute } from './http/routes/car-counts.ts';
import { addCarExportRoutes, createOpenExports } from './http/routes/car-export.ts';
import { addCarHistoryRoute } from './http/routes/car-history.ts';
import { addCarListRoute } from './http/routes/car-list.ts';
import { addCarRoutes } from './http/routes/cars.ts';
import { addDocsRoutes } from './http/routes/docs.ts';
import { addHealthRoutes } from './http/routes/health.ts';
import { addMeRoute } from './http/routes/me.ts';
import { addPageRoutes } from './http/routes/page.ts';
import { createServer } from './http/server.ts';
import { closeWithoutLoss } from './http/wire/close-connections.ts';
import type { Log } from './observability/log.ts';
import { createRequestLog } from './observability/request-line.ts';
import { type Observability, startObservability } from './observability/start-observability.ts';
import { version } from './package.ts';

/** For each second of `STOP_SECONDS`, the milliseconds that sending the last traces may take. */
const FLUSH_SHARE = 200;

/** Milliseconds before the stop limit at which exports and slow clients are cut, so that the rest of the stop is orderly. */
const CUT_MARGIN = 1000;

export type App = Awaited<ReturnType<typeof createApp>>;

/**
 * Creates the service. It neither listens nor connects to a database before its methods are called.
 * @param admission decides which requests are refused under overload.
 */
export async function createApp(config: Config, log: Log, admission = createAdmission) {
  const database = await openDatabase(config.database, log);
  const server = await createServer(
    createRequestLog(log, config.observability.embeddedMetrics),
    admission(database.cars.waits),
    { corsOrigins: config.http.corsOrigins, loopbackOnly: config.auth.loopbackOnly },
  );
  const connections = closeWithoutLoss(server);
  const callers = await setUpAuthentication(config.auth, database, log);
  const exports = createOpenExports();
  let stopping = false;
  let observability: Observability | undefined;

  const budgetsOf = addAccessControl(server, {
    ...callers,
    publicRead: config.auth.publicRead,
    limits: config.limits,
  });
  const clientOf = createClientOf(config.limits.proxies);
  collectOpenapi(server, version);
  server.register(async () => {
    addCarListRoute(server, database.cars);
    addCarCountsRoute(server, database.cars);
    addCarRoutes(server, database.cars);
    addCarBatchRoute(server, database.cars, clientOf);
    addCarExportRoutes(server, database.cars, exports, clientOf);
    addCarHistoryRoute(server, database.cars);
    addMeRoute(server, budgetsOf);
    addHealthRoutes(server, database, { version, isStopping: () => stopping });
    addPageRoutes(server);
    addDocsRoutes(server, { ...config.auth, limits: config.limits });
  });
  await server.ready();

  return {
    server,
    database,

    /** Starts listening. Resolves with the address. */
    async listen(): Promise<string> {
      const { host, port } = config.http;
      callers.prepare?.();
      const { issuerKeysAge } = callers;
      const source = { version, pool: database.poolState, ...(issuerKeysAge && { issuerKeysAge }) };
      observability = await startObservability(config.observability, host, source, log);
      return server.listen({ host, port, backlog: LIMITS.backlog });
    },

    /** Makes `/readyz` return 503, so that load balancers stop sending requests. Everything else continues. */
    drain(): void {
      stopping = true;
    },

    /** Stops listening, finishes the requests in flight, then closes the database. */
    async stop(): Promise<void> {
      stopping = true;
      const timeLeft = (config.stopSeconds - config.drainSeconds) * 1000 - CUT_MARGIN;
      const ending = setTimeout(
        () => {
          exports.end();
          connections.cutSlow();
        },
        Math.max(0, timeLeft),
      );
      await connections.stopListening();
      await server.close();
      clearTimeout(ending);
      callers.close();
      await database.close();
      await observability?.close(config.stopSeconds * FLUSH_SHARE);
    },
  };
}

/** Loads the code for access tokens only if the configuration accepts them. */
async function setUpAuthentication({ apiKeys, jwt }: AuthConfig, database: Database, log: Log) {
  const keys = apiKeys ? createKeyCache(() => database.keys.list()) : undefined;
  const tokens = jwt && (await import('./http/callers/access-tokens.ts')).createTokenVerifier(jwt, log);
  const isOff = keys === undefined && tokens === undefined;
  return {
    authenticate: isOff ? undefined : createAuthentication({ keys, verifyToken: tokens?.verify }),
    issuerKeysAge: tokens?.keysAge,
    prepare: tokens?.prepare,
    close: () => keys?.close(),
  };
}
