/** One run of schemathesis against a service, by the contract that the service itself publishes. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FuzzedService } from './start-service.ts';

const SETTINGS = join(import.meta.dirname, '../fuzz.toml');
const HOOKS = join(import.meta.dirname, 'agreed.py');

export interface Run {
  /** The program. */
  readonly schemathesis: string;
  /** Where its files may lie. */
  readonly folder: string;
  readonly seed: number;
  /** Calls that it makes up for each operation, at most. */
  readonly examples: number;
}

/** Resolves with whether it found nothing, and with what it printed. */
export async function runSchemathesis(
  { schemathesis, folder, seed, examples }: Run,
  service: FuzzedService,
): Promise<{ passed: boolean; report: string }> {
  const contract = join(folder, `openapi-${seed}.json`);
  await writeFile(contract, adapt(await (await fetch(`${service.url}/openapi.json`)).text()));
  const report = join(folder, `report-${seed}.txt`);
  const output = createWriteStream(report);
  await once(output, 'open');
  const options = [
    ...['--url', service.url, '--header', `X-API-Key: ${service.key}`],
    // Made-up credentials beside the right one would be refused as contradictory; the check ignored_auth tries them alone.
    ...['--generation-with-security-parameters', 'false'],
    ...['--seed', String(seed), '--max-examples', String(examples), '--workers', '1', '--no-color'],
    // It remembers failures only, and a seed says all that is needed to see one again.
    ...['--generation-database', 'none'],
  ];
  const child = spawn(schemathesis, ['--config-file', SETTINGS, 'run', contract, ...options], {
    cwd: folder,
    env: { ...process.env, SCHEMATHESIS_HOOKS: HOOKS },
    stdio: ['ignore', output, output],
  });
  const [code] = await once(child, 'exit');
  await service.settle();
  return { passed: code === 0, report: await readFile(report, 'utf8') };
}

interface Contract {
  paths: Record<string, Record<string, { parameters?: { name: string; schema: { format?: string } }[] }>>;
}

/** The contract with hints for schemathesis, none of which allows or forbids anything else. */
function adapt(contract: string): string {
  // It knows no pattern that names surrogates or bytes beyond ASCII, and would draw any text instead.
  const { paths, ...rest }: Contract = JSON.parse(
    contract.replaceAll(/\\\\(?:ud800-\\\\udfff|x80-\\\\xff)/g, ''),
  );
  for (const { parameters = [] } of Object.values(paths).flatMap((path) => Object.values(path))) {
    for (const { name, schema } of parameters) {
      // To find what it covers, it draws header fields of letters and digits only, unless a format is known (see agreed.py).
      if (/^if-(none-)?match$/.test(name)) schema.format = 'entity-tags';
    }
  }
  return JSON.stringify({ ...rest, paths });
}
