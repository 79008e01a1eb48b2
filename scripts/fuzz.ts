/** `npm run fuzz`: schemathesis sends generated requests to the service, until enough were sent or a check failed. */

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installSchemathesis } from './fuzz/install.ts';
import { runSchemathesis } from './fuzz/run-schemathesis.ts';
import { type FuzzedService, startFuzzedService } from './fuzz/start-service.ts';

const HELP = `Usage: npm run fuzz -- [options]

Starts the service and sends it requests that schemathesis generates from its OpenAPI document. Stops when
enough requests were sent, or when a check failed. Needs Python 3, and PyPI for the first run.

Options
  --requests N  requests to send, from 1. Default: 10000
  --seed N      seed of the first run, an integer. The following runs use the next seeds. Default: 1
  --help        print this help

Environment
  DATABASE_URL  the database of the service. Its content changes! Default: SQLite in memory, with one
                service for each CPU core

Example
  npm run fuzz -- --requests 100000 --seed 1000

Exit codes
  0  all requests were sent, and no check failed
  1  a check failed, a response was 5xx or incomplete, or too few requests were sent
  2  wrong usage
`;

/**
 * Maximum number of generated requests for each operation and run; with derived ones, a run sends about 4,000.
 * Each run starts with the same fixed cases, so shorter runs would repeat them more often.
 */
const EXAMPLES = 150;

/** One service for each core, but only one for a shared database, because schemathesis expects no other writer. */
const SERVICES = process.env['DATABASE_URL'] ? 1 : availableParallelism();

const { requests, firstSeed } = readOptions();
const begun = performance.now();
const schemathesis = installSchemathesis();
const folder = mkdtempSync(join(tmpdir(), 'cars-api-fuzz-'));
const services: FuzzedService[] = [];
const runs = { begun: 0, ended: 0, sent: 0, failed: 0 };

const sum = (what: 'requests' | 'failed') => services.reduce((all, { seen }) => all + seen[what], 0);
/** Whether the requests sent are enough, including an estimate for the runs in flight. */
const isEnough = () =>
  runs.sent + (runs.begun - runs.ended) * (runs.ended === 0 ? 0 : runs.sent / runs.ended) >= requests;

/** Runs one seed after another, until all services together have sent enough or a check failed. */
async function fuzz(service: FuzzedService): Promise<void> {
  while (!isEnough() && runs.failed === 0) {
    const seed = firstSeed + runs.begun;
    runs.begun += 1;
    const before = service.seen.requests;
    const { passed, report } = await runSchemathesis(
      { schemathesis, folder, seed, examples: EXAMPLES },
      service,
    );
    const sent = service.seen.requests - before;
    runs.ended += 1;
    runs.sent += sent;
    // A run that sends nothing counts as failed, or the loop would never end.
    if (!passed || sent === 0) runs.failed += 1;
    if (!passed) process.stdout.write(report);
    const seconds = Math.round((performance.now() - begun) / 1000);
    say(`seed ${seed} sent ${sent}; ${sum('requests')} of ${requests} after ${seconds} s`);
  }
}

function say(text: string): void {
  process.stdout.write(`fuzz: ${text}\n`);
}

try {
  services.push(...(await Promise.all(Array.from({ length: SERVICES }, startFuzzedService))));
  while (sum('requests') < requests && runs.failed === 0) await Promise.all(services.map(fuzz));
} finally {
  await Promise.all(services.map((service) => service.stop()));
  rmSync(folder, { recursive: true });
}
const [sent, failed] = [sum('requests'), sum('failed')];
const statuses = new Map<number, number>();
for (const [status, times] of services.flatMap(({ seen }) => [...seen.statuses]))
  statuses.set(status, (statuses.get(status) ?? 0) + times);
say(
  `statuses: ${[...statuses]
    .sort()
    .map(([status, times]) => `${status}: ${times}`)
    .join(', ')}`,
);
say(
  `sent ${sent} of ${requests} requests, starting at seed ${firstSeed}; ${failed} were answered with 5xx or cut off; ${runs.failed} of ${runs.ended} runs failed`,
);
process.exitCode = runs.failed > 0 || failed > 0 || sent < requests ? 1 : 0;

function readOptions(): { requests: number; firstSeed: number } {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const [requests, firstSeed] = [Number(values.requests), Number(values.seed)];
  if (!Number.isSafeInteger(requests) || requests < 1 || !Number.isSafeInteger(firstSeed)) {
    process.stderr.write('fuzz: --requests must be an integer from 1, --seed an integer\nTry --help.\n');
    process.exit(2);
  }
  return { requests, firstSeed };
}
