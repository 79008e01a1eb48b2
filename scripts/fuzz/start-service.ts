/** Starts the service for `npm run fuzz`, and counts its requests in its log, because not every generated one is sent. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithThisProcess } from '../../tools/end-with-this-process.ts';

/** Milliseconds until the service has written its last log lines, which it buffers. */
const LOG_DELAY = 300;

export interface Seen {
  requests: number;
  /** Requests answered with 5xx, or cut off. */
  failed: number;
  /** Number of requests by status; 0 means cut off. */
  readonly statuses: Map<number, number>;
}

export interface FuzzedService {
  readonly url: string;
  readonly key: string;
  /** Totals, complete after {@link settle}. */
  readonly seen: Readonly<Seen>;
  settle(): Promise<void>;
  stop(): Promise<void>;
}

interface Line {
  readonly message: string;
  readonly status?: number;
  readonly url?: string;
  readonly key?: string;
}

/** Rejects when the service does not start. Prints the log lines of failed requests. */
export async function startFuzzedService(): Promise<FuzzedService> {
  const child = endWithThisProcess(
    spawn(process.execPath, [join(import.meta.dirname, 'service.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const seen: Seen = { requests: 0, failed: 0, statuses: new Map() };
  const { promise: listening, resolve: listens } = Promise.withResolvers<Line>();
  let unread = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (unread + text).split('\n');
    unread = lines.pop() ?? '';
    for (const line of lines) readLine(line);
  });

  function readLine(text: string): void {
    const line: Line = JSON.parse(text);
    if (line.message === 'listening') listens(line);
    if (line.message !== 'request') return;
    const { status = 0 } = line;
    seen.requests += 1;
    seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
    if (status !== 0 && status < 500) return;
    seen.failed += 1;
    process.stderr.write(`${text}\n`);
  }

  const { url, key } = await Promise.race([listening, once(child, 'exit').then((): Partial<Line> => ({}))]);
  if (url === undefined || key === undefined) throw new Error('the service did not start');
  return {
    url,
    key,
    seen,
    settle: () => sleep(LOG_DELAY),
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
