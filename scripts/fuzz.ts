/**
 * The process behind `npm run fuzz -- --requests 10000 --seed 1`: has schemathesis call the service by its own contract (on SQLite in
 * memory, or on what `DATABASE_URL` names), until it was really sent so many requests. Exit code 0 when it was and nothing was found.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installSchemathesis } from './fuzz/install.ts';
import { runSchemathesis } from './fuzz/run-schemathesis.ts';
import { type FuzzedService, startFuzzedService } from './fuzz/start-service.ts';

/**
 * Calls that a run makes up for each operation, at most: with what it derives from them, about 2500 requests. Fewer would be spent on
 * what each run begins with; more would say nothing for longer.
 */
const EXAMPLES = 300;

/** Each has a service of its own. A database that is named is for one alone, whose cars no other may change. */
const AT_ONCE = process.env['DATABASE_URL'] ? 1 : availableParallelism();

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const [requests, firstSeed] = [Number(values.requests), Number(values.seed)];
if (!Number.isSafeInteger(requests) || requests < 1 || !Number.isSafeInteger(firstSeed)) {
  process.stderr.write('fuzz: --requests must be an integer from 1, --seed an integer\n');
  process.exit(2);
}

const begun = performance.now();
const schemathesis = installSchemathesis();
const folder = mkdtempSync(join(tmpdir(), 'cars-api-fuzz-'));
const services: FuzzedService[] = [];
const runs = { begun: 0, ended: 0, sent: 0, failed: 0 };

const sum = (what: 'requests' | 'failed') => services.reduce((all, { seen }) => all + seen[what], 0);
/** Whether what was sent will do, with what runs under way will send by what others did. */
const isEnough = () =>
  runs.sent + (runs.begun - runs.ended) * (runs.ended === 0 ? 0 : runs.sent / runs.ended) >= requests;

/** Runs with one seed after another, until all together will have sent enough, or something was found. */
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
    // One that sends nothing would go on for ever.
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
  services.push(...(await Promise.all(Array.from({ length: AT_ONCE }, startFuzzedService))));
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
  `${sent} requests sent from seed ${firstSeed} on, by the services' logs, of ${requests} asked for; ${failed} answered with 5xx or cut off; ${runs.failed} of ${runs.ended} runs failed`,
);
process.exitCode = runs.failed > 0 || failed > 0 || sent < requests ? 1 : 0;
