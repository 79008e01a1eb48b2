/**
 * Runs a program of this package for an npm script: `node scripts/launch.js FILE.ts ARGUMENTS`. It
 * is JavaScript, so that a Node that is too old can run it and say so.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 24;
const STOP_WITH_NPM = ['/usr/bin/setpriv', '--pdeathsig', 'TERM'];

const [, , file = '', ...args] = process.argv;
const path = fileURLToPath(new URL(`../${file}`, import.meta.url));

checkNode();
if (file.startsWith('src/')) readSettings();
await run();

function checkNode() {
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) return;
  fail(
    `needs Node.js ${OLDEST_NODE} or newer; ${process.execPath} is ${process.version}. \`npm ci\` installs it for the npm scripts`,
  );
}

/** Reads `.env`, where there is one. Variables that are already set win. */
function readSettings() {
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    if (error.code !== 'ENOENT') fail(`cannot read .env: ${error.message}`);
  }
}

/**
 * The program takes the place of this process, so that it receives the signals that npm passes on.
 * npm does not pass on SIGHUP: where the system can (Linux), it sends SIGTERM when npm is gone.
 */
async function run() {
  if (process.platform === 'win32') {
    process.argv.splice(1, 2, path);
    await import(`../${file}`);
    return;
  }
  const command = [process.execPath, '--disable-sigusr1', path, ...args];
  if (isChildOfNpm() && canStopWithNpm()) command.unshift(...STOP_WITH_NPM);
  process.execve(command[0], command, process.env);
}

function isChildOfNpm() {
  return process.env['npm_lifecycle_event'] !== undefined;
}

/** Some systems have no setpriv, or one that lacks the option. */
function canStopWithNpm() {
  const [program, ...options] = STOP_WITH_NPM;
  return spawnSync(program, [...options, 'true']).status === 0;
}

function fail(reason) {
  process.stderr.write(`cars-api: ${reason}.\n`);
  process.exit(1);
}
