/** `npm run test:clients`: generates clients from the OpenAPI document, and calls every operation with each. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findMissingCalls } from './clients/calls.ts';
import { CLIENTS, type GeneratedClient } from './clients/generators.ts';
import { readOperations, startRecorder } from './clients/recorder.ts';
import { run } from './clients/run.ts';
import { AUTH_MODES, type ServiceUnderTest, startService } from './clients/service.ts';

const HELP = `Usage: npm run test:clients [-- --only CLIENT,…]

Starts the service with AUTH=api-key and then with AUTH=none. Generates clients from its /openapi.json,
and calls every operation with each. The generators are installed in your cache folder. Needs npm, and for
some clients Python 3, Java 17 with Maven, or Go.

Options
  --only CLIENT,…  only these clients. Default: all
                   ${Object.keys(CLIENTS).slice(0, 5).join(', ')},
                   ${Object.keys(CLIENTS).slice(5).join(', ')}
  --keep           keep the generated clients, and print their folder
  --help           print this help

Example
  npm run test:clients -- --only openapi-fetch,python

Exit codes
  0  every client works
  1  a client could not be generated, built or used, or did not call an operation
  2  wrong usage
`;

const { names, keep } = readOptions();
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'cars-api-clients-'));
// On Ctrl-C the generators stop too; this process stays to remove the folder.
let isInterrupted = false;
process.on('SIGINT', () => {
  isInterrupted = true;
});
let failed = 0;
try {
  for (const auth of AUTH_MODES) {
    const service = await startService(auth, folder);
    try {
      const document = await (await fetch(`${service.url}/openapi.json`)).text();
      for (const name of names) await report(`AUTH=${auth} ${name}`, CLIENTS[name], document, service);
    } finally {
      await service.stop();
    }
  }
} finally {
  if (keep) print(`The clients are in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;

/** Tests one client, and prints a line. */
async function report(
  title: string,
  client: GeneratedClient | undefined,
  document: string,
  service: ServiceUnderTest,
): Promise<void> {
  if (isInterrupted) return;
  const begun = performance.now();
  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  try {
    if (client === undefined) throw new Error('unknown client');
    const home = join(folder, title.replaceAll(/\W+/g, '-'));
    mkdirSync(home);
    writeFileSync(join(home, 'openapi.json'), document);
    const { operations, requests } = await testClient(client, home, document, service);
    print(`${title}: ${operations} operations called with ${requests} requests in ${seconds()}`);
  } catch (error) {
    failed += 1;
    print(`${title}: FAILED after ${seconds()}\n${error instanceof Error ? error.message : String(error)}`);
  }
}

async function testClient(
  client: GeneratedClient,
  home: string,
  document: string,
  service: ServiceUnderTest,
): Promise<{ operations: number; requests: number }> {
  const operations = readOperations(document);
  const { command, args } = await client.prepare(home);
  const proxy = await client.startProxy?.(home, service.url);
  const recorder = await startRecorder(proxy?.url ?? service.url, operations);
  try {
    await run(command, args, { cwd: home, env: { BASE_URL: recorder.url, API_KEY: service.key } });
  } finally {
    await recorder.stop();
    await proxy?.stop();
  }
  const ids = operations.map(({ id }) => id);
  const faults = [...findMissingCalls(ids, recorder.sent), ...recorder.violations];
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return { operations: ids.length, requests: recorder.sent.length };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readOptions(): { names: readonly string[]; keep: boolean } {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: Object.keys(CLIENTS).join(',') },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const names = values.only.split(',');
  const unknown = names.filter((name) => !(name in CLIENTS));
  if (unknown.length > 0) {
    process.stderr.write(`test:clients: there is no client ${unknown.join(', ')}\nTry --help.\n`);
    process.exit(2);
  }
  return { names, keep: values.keep };
}
