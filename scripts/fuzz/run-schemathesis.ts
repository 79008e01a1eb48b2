/** Runs schemathesis once against a service, with the OpenAPI document that the service publishes. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endWithThisProcess } from '../../tools/end-with-this-process.ts';
import type { FuzzedService } from './start-service.ts';

const SETTINGS = join(import.meta.dirname, '../fuzz.toml');
const HOOKS = join(import.meta.dirname, 'expected_failures.py');

export interface Run {
  /** The path of the program. */
  readonly schemathesis: string;
  /** For its files. */
  readonly folder: string;
  readonly seed: number;
  /** Maximum number of generated requests for each operation. */
  readonly examples: number;
}

/** Resolves with the result and the output. */
export async function runSchemathesis(
  { schemathesis, folder, seed, examples }: Run,
  service: FuzzedService,
): Promise<{ passed: boolean; report: string }> {
  const document = join(folder, `openapi-${seed}.json`);
  await writeFile(document, addHints(await (await fetch(`${service.url}/openapi.json`)).text()));
  const report = join(folder, `report-${seed}.txt`);
  const output = createWriteStream(report);
  await once(output, 'open');
  const options = [
    ...['--url', service.url, '--header', `X-API-Key: ${service.key}`],
    // The service rejects made-up credentials next to the real one. The check ignored_auth tries them alone.
    ...['--generation-with-security-parameters', 'false'],
    ...['--seed', String(seed), '--max-examples', String(examples), '--workers', '1', '--no-color'],
    // The seed is enough to reproduce a failure.
    ...['--generation-database', 'none'],
  ];
  const child = endWithThisProcess(
    spawn(schemathesis, ['--config-file', SETTINGS, 'run', document, ...options], {
      cwd: folder,
      env: { ...process.env, SCHEMATHESIS_HOOKS: HOOKS },
      stdio: ['ignore', output, output],
    }),
  );
  const [code] = await once(child, 'exit');
  await service.settle();
  return { passed: code === 0, report: await readFile(report, 'utf8') };
}

interface OpenapiDocument {
  paths: Record<string, Record<string, { parameters?: { name: string; schema: { format?: string } }[] }>>;
}

/** Adds hints for schemathesis to the document, without changing what is valid. */
function addHints(document: string): string {
  // Schemathesis ignores patterns with non-ASCII bytes, and would generate any text instead.
  const { paths, ...rest }: OpenapiDocument = JSON.parse(document.replaceAll(/\\\\x80-\\\\xff/g, ''));
  for (const { parameters = [] } of Object.values(paths).flatMap((path) => Object.values(path))) {
    for (const { name, schema } of parameters) {
      // Without a format, it generates only letters and digits for header fields (see expected_failures.py).
      if (/^if-(none-)?match$/.test(name)) schema.format = 'entity-tags';
    }
  }
  return JSON.stringify({ ...rest, paths });
}
