/**
 * `npm run audit:dependencies`: checks the service's dependencies for known vulnerabilities. Exit codes: 0 none of
 * severity high or critical, 1 some, 3 not checked because the registry did not answer.
 */

import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const report = parse(stdout);
const counts = report?.metadata?.vulnerabilities;
if (counts === undefined) {
  process.stderr.write(
    `audit: NOT CHECKED, the registry did not answer: ${report?.message ?? 'npm audit printed no report'}\n`,
  );
  process.exitCode = 3;
} else {
  const severe = (counts['high'] ?? 0) + (counts['critical'] ?? 0);
  process.stdout.write(`audit: ${severe} high or critical vulnerabilities; all: ${JSON.stringify(counts)}\n`);
  for (const [name, { severity }] of Object.entries(report?.vulnerabilities ?? {}))
    process.stdout.write(`  ${name}: ${severity}\n`);
  process.exitCode = severe > 0 ? 1 : 0;
}

interface Report {
  /** Only when the registry failed. */
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
