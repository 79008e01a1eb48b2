/** The service, put together: every part named once, in the order in which it is needed. */

import type { Config } from './config/config.ts';
import { openDatabase } from './database/open-database.ts';
import { createAdmission } from './http/admission.ts';
import { addCarListRoute } from './http/car-list-route.ts';
import { addCarRoutes } from './http/car-routes.ts';
import { addDocsRoutes } from './http/docs-routes.ts';
import { addHealthRoutes } from './http/health-routes.ts';
import { LIMITS } from './http/limits.ts';
import { collectOpenapi } from './http/openapi.ts';
import { createServer } from './http/server.ts';
import type { Log } from './observability/log.ts';
import { createRequestLog } from './observability/request-line.ts';
import { startWatch, type Watch } from './observability/watch.ts';
import { version } from './version.ts';

/** Milliseconds for each second of `STOP_SECONDS` that traces may take at the end. */
const FLUSH_SHARE = 200;

export type App = Awaited<ReturnType<typeof createApp>>;

/** Makes the service; nothing listens and no database is asked before its parts are told to. */
export async function createApp(config: Config, log: Log) {
  const database = await openDatabase(config.database, log);
  const server = createServer(
    createRequestLog(log, config.watching.embeddedMetrics),
    createAdmission(database.waits),
  );
  let stopping = false;
  let watch: Watch | undefined;

  collectOpenapi(server, version);
  server.register(async () => {
    addCarListRoute(server, database);
    addCarRoutes(server, database);
    addHealthRoutes(server, database, { version, isStopping: () => stopping });
    addDocsRoutes(server);
  });
  await server.ready();

  return {
    server,
    database,

    /** Listens; resolves with the address. */
    async listen(): Promise<string> {
      const source = { version, pool: database.poolState };
      watch = await startWatch(config.watching, config.http.host, source, log);
      return server.listen({ ...config.http, backlog: LIMITS.backlog });
    },

    /** From now on `/readyz` is 503; all else goes on. */
    drain(): void {
      stopping = true;
    },

    /** Refuses nothing that has begun: ends when every request in flight was answered, then closes the database. */
    async stop(): Promise<void> {
      stopping = true;
      await server.close();
      await database.close();
      await watch?.close(config.stopSeconds * FLUSH_SHARE);
    },
  };
}
