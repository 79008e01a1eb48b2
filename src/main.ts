/** The process: configuration, service, signals. Only here exit codes live: 0 stopped, 1 could not start or stop. */

import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import { parseConfig } from './config/config.ts';
import { ConfigError } from './config/reader.ts';
import { createLog, type Log } from './observability/log.ts';

/** How long to wait for the database before listening without it, in milliseconds. */
const DATABASE_GRACE = 1000;

const config = readConfig();
const log = createLog(config.logLevel);
const app = await createApp(config, log).catch((error) => fail(log, error));

let stopping = false;
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

const started = app.database.start().catch((error) => fail(log, error));
await Promise.race([started, sleep(DATABASE_GRACE, undefined, { ref: false })]);
if (!stopping) {
  const address = await app.listen().catch((error) => fail(log, error));
  log.info(`Server listening at ${address}`);
}

/** Ends the process with code 0 once it has drained and every request in flight was answered; a second signal ends it at once. */
async function stop(signal: NodeJS.Signals): Promise<void> {
  if (stopping) fail(log, new Error(`${signal} came while stopping: requests in flight are cut off`));
  stopping = true;
  log.info({ signal }, 'stopping');
  const deadline = setTimeout(() => {
    fail(log, new Error(`requests were still in flight after ${config.stopSeconds} s`));
  }, config.stopSeconds * 1000);
  app.drain();
  await sleep(config.drainSeconds * 1000);
  await app.stop().catch((error) => fail(log, error));
  clearTimeout(deadline);
  log.info('stopped');
  process.exit(0);
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

function fail(to: Log, error: unknown): never {
  to.fatal(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
