/**
 * The process behind `npm run audit:dependencies`: are there known faults in what the service runs on? Exit codes: 0 none of
 * severity high or worse, 1 some, 3 no registry answered, which says nothing about them.
 */

import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const report = parse(stdout);
const counts = report?.metadata?.vulnerabilities;
if (counts === undefined) {
  process.stderr.write(
    `audit: NOT CHECKED, no registry answered: ${report?.message ?? 'npm audit gave no report'}\n`,
  );
  process.exitCode = 3;
} else {
  const severe = (counts['high'] ?? 0) + (counts['critical'] ?? 0);
  process.stdout.write(`audit: ${severe} faults of severity high or worse; all: ${JSON.stringify(counts)}\n`);
  for (const [name, { severity }] of Object.entries(report?.vulnerabilities ?? {}))
    process.stdout.write(`  ${name}: ${severity}\n`);
  process.exitCode = severe > 0 ? 1 : 0;
}

interface Report {
  /** Only where the registry refused. */
  readonly message?: string;
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
}

function parse(text: string): Report | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
