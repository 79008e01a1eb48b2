/** Runs the service: reads the configuration, starts, and stops on a signal. */

import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import { checkAddresses } from './check-addresses.ts';
import { parseConfig } from './config/config.ts';
import { ConfigError } from './config/reader.ts';
import { createAdmission } from './http/admission.ts';
import { createLog } from './observability/log.ts';
import { exitWithFailure, shutDownOnSignal } from './shutdown.ts';

/**
 * Milliseconds to wait for the database. After that, the service listens without it and answers
 * 503.
 */
const DATABASE_GRACE = 1000;

/**
 * Resolves when the service listens. Exits with 1 if the configuration is wrong or the start fails.
 * @param admission decides which requests are refused under overload.
 */
export async function serve(admission = createAdmission): Promise<void> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  const fail = (error: unknown) => exitWithFailure(log, error);
  const host = await checkAddresses(config).catch(fail);
  const app = await createApp({ ...config, http: { ...config.http, host } }, log, admission).catch(fail);
  const shutdown = shutDownOnSignal(app, config, log);

  const started = app.database.start().catch(fail);
  await Promise.race([started, sleep(DATABASE_GRACE, undefined, { ref: false })]);
  if (shutdown.hasBegun()) return;
  const address = await app.listen().catch(fail);
  log.info({ docs: `${address}/docs` }, `Server listening at ${address}`);
}

function readConfig() {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { variable, problem } of error.faults) process.stderr.write(`${variable} ${problem}\n`);
    process.exit(1);
  }
}
