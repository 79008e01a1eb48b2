/**
 * The process behind `npm run fuzz -- --requests 10000 --seed 1`: starts the service (on SQLite in memory, or on what
 * `DATABASE_URL` names) and has schemathesis call it by its own contract, until it was really sent so many requests.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const REQUIREMENTS = join(import.meta.dirname, 'fuzz-requirements.txt');
const ENVIRONMENT = join(ROOT, '.venv-fuzz');

/** Requests for each operation in one run of schemathesis; there are as many runs as it takes, each with a seed of its own. */
const EXAMPLES = 500;

/** The part of requests that may be refused because the machine is busy with other things. */
const REFUSED_AT_MOST = 0.01;

const SETTINGS = join(import.meta.dirname, 'fuzz.toml');

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const [requests, firstSeed] = [Number(values.requests), Number(values.seed)];
if (!Number.isSafeInteger(requests) || requests < 1 || !Number.isSafeInteger(firstSeed)) {
  process.stderr.write('fuzz: --requests and --seed must be integers\n');
  process.exit(2);
}

const schemathesis = install();
const service = spawn(process.execPath, [join(ROOT, 'src/main.ts')], {
  env: { DATABASE_URL: 'sqlite::memory:', ...process.env, PORT: '0', LOG_LEVEL: 'info' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const seen = { requests: 0, failed: 0, refused: 0 };
const { promise: listening, resolve: listens } = Promise.withResolvers<string>();
let unread = '';
service.stdout.setEncoding('utf8').on('data', (text: string) => {
  const lines = (unread + text).split('\n');
  unread = lines.pop() ?? '';
  for (const line of lines) readLine(line);
});

/** The service's own log counts: what schemathesis says it generated is not always sent. */
function readLine(line: string): void {
  const { message, status } = JSON.parse(line) as { message: string; status?: number };
  if (message.startsWith('Server listening at ')) listens(message.replace('Server listening at ', ''));
  if (message !== 'request') return;
  seen.requests += 1;
  if (status === 503) seen.refused += 1;
  else if (status !== undefined && status >= 500) seen.failed += 1;
}

const folder = mkdtempSync(join(tmpdir(), 'cars-api-fuzz-'));
let failedRuns = 0;
try {
  const url = await Promise.race([listening, once(service, 'exit').then(() => undefined)]);
  if (url === undefined) throw new Error('the service did not start');
  const contract = join(folder, 'openapi.json');
  const text = await (await fetch(`${url}/openapi.json`)).text();
  // It knows no pattern that names surrogates or bytes beyond ASCII, and would draw any text instead.
  const known = text.replaceAll(/\\\\(?:ud800-\\\\udfff|x80-\\\\xff)/g, '');
  writeFileSync(contract, known);
  for (let seed = firstSeed; seen.requests < requests && failedRuns === 0; seed += 1) {
    const before = seen.requests;
    if ((await run(contract, url, seed)) !== 0) failedRuns += 1;
    if (seen.requests === before) throw new Error('schemathesis sent nothing');
  }
} finally {
  service.kill();
  await once(service, 'exit');
  rmSync(folder, { recursive: true });
}
process.stdout.write(
  `fuzz: ${seen.requests} requests sent from seed ${firstSeed} on, by the service's log; ${seen.failed} answered with 5xx but 503, ${seen.refused} refused with 503; ${failedRuns} runs failed\n`,
);
// Where more are refused than a busy machine explains, too little was tried.
const isRefusing = seen.refused > REFUSED_AT_MOST * seen.requests;
process.exitCode = failedRuns > 0 || seen.failed > 0 || isRefusing ? 1 : 0;

async function run(contract: string, url: string, seed: number): Promise<number> {
  process.stdout.write(`fuzz: seed ${seed}, ${seen.requests} of ${requests} requests so far\n`);
  const options = ['--max-examples', String(EXAMPLES)];
  const tool = spawn(
    schemathesis,
    [
      '--config-file',
      SETTINGS,
      'run',
      contract,
      '--url',
      url,
      '--seed',
      String(seed),
      '--workers',
      '1',
      '--no-color',
      ...options,
    ],
    { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [code] = await once(tool, 'exit');
  // Lines of the log are written together, up to 100 ms late.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return Number(code);
}

/** Makes the virtual environment where it is missing or older than the requirements; gives the program's path. */
function install(): string {
  const asked = readFileSync(REQUIREMENTS, 'utf8');
  const installed = join(ENVIRONMENT, 'installed.txt');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== asked) {
    execFileSync('python3', ['-m', 'venv', '--clear', ENVIRONMENT]);
    const pip = join(ENVIRONMENT, 'bin/pip');
    execFileSync(pip, ['install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
    writeFileSync(installed, asked);
  }
  return join(ENVIRONMENT, 'bin/schemathesis');
}
