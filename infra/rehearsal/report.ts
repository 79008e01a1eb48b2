/** Writes the report of a rehearsal: a table for people, and the same as JSON. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentName } from '../platform/environments.ts';

export interface Played {
  readonly title: string;
  readonly exit: number;
  /** How long the command took, and how much of it ECS was idle; the control has no command. */
  readonly seconds: number;
  readonly ownWait: number | undefined;
  readonly requests: number;
  readonly failures: number;
  /** The deviations from what is required. */
  readonly faults: readonly string[];
  readonly printed: string;
  readonly summary: string;
}

export async function writeReport(
  folder: string,
  environment: EnvironmentName,
  played: readonly Played[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const rows = played.map(
    ({ title, exit, seconds, ownWait, requests, failures, faults }) =>
      `| ${title} | ${exit} | ${seconds.toFixed(1)} | ${ownWait?.toFixed(1) ?? '–'} | ${requests.toLocaleString('en')} | ${failures} | ${faults.length === 0 ? 'as required' : faults.join('; ')} |`,
  );
  const page = `# Rehearsal of ${environment}

| act | exit code | seconds | of it waiting itself | requests (POST) | failed | result |
|---|---|---|---|---|---|---|
${rows.join('\n')}

The rehearsal raised the alarm on 5xx as soon as its threshold for one minute was exceeded; CloudWatch requires two of
three minutes. Tasks connected to the database without TLS, because only AWS has its certificates.
${played.map(({ title, printed }) => `\n## ${title}\n\n\`\`\`\n${printed.trim()}\n\`\`\`\n`).join('')}`;
  await writeFile(join(folder, 'report.md'), page);
  const acts = played.map(({ printed: _printed, ...act }) => act);
  await writeFile(join(folder, 'report.json'), `${JSON.stringify({ environment, acts }, null, 1)}\n`);
}
