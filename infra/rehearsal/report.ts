/** The report of a rehearsal: a table for people, a picture, and both as JSON. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentName } from '../platform/environments.ts';
import type { Recorder } from './recorder.ts';
import { drawTimeline } from './timeline-svg.ts';

export interface Played {
  readonly title: string;
  /** Seconds since the rehearsal began. */
  readonly from: number;
  readonly to: number;
  readonly exit: number;
  /** That the command took, and how much of it ECS was not at work; the control has no command. */
  readonly seconds: number;
  readonly own: number | undefined;
  readonly requests: number;
  readonly failures: number;
  /** What did not go as it must. */
  readonly faults: readonly string[];
  readonly printed: string;
  readonly summary: string;
}

export interface Rehearsal {
  readonly played: readonly Played[];
  readonly recorder: Recorder;
  readonly environment: EnvironmentName;
}

export async function writeReport(
  folder: string,
  { played, recorder, environment }: Rehearsal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const rows = played.map(
    ({ title, exit, seconds, own, requests, failures, faults }) =>
      `| ${title} | ${exit} | ${seconds.toFixed(1)} | ${own?.toFixed(1) ?? '–'} | ${requests.toLocaleString('en')} | ${failures} | ${faults.length === 0 ? 'as it must' : faults.join('; ')} |`,
  );
  const page = `# Rehearsal of ${environment}

![Tasks, targets, requests and errors](timeline.svg)

| act | exit code | seconds | of it our own waiting | requests (POST) | failed | how it went |
|---|---|---|---|---|---|---|
${rows.join('\n')}

The alarm on 5xx was raised by the rehearsal, as soon as its threshold for a minute was passed; CloudWatch wants to see that in two of
three minutes. The database is reached without TLS, since its certificates are AWS's.
${played.map(({ title, printed }) => `\n## ${title}\n\n\`\`\`\n${printed.trim()}\n\`\`\`\n`).join('')}`;
  await writeFile(join(folder, 'report.md'), page);
  await writeFile(join(folder, 'timeline.svg'), drawTimeline(recorder.samples, recorder.tags, played));
  const acts = played.map(({ printed: _printed, ...act }) => act);
  await writeFile(
    join(folder, 'report.json'),
    `${JSON.stringify({ environment, acts, samples: recorder.samples }, null, 1)}\n`,
  );
}
