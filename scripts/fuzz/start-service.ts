/** Starts the service to be fuzzed, and counts what it was asked by its own log: what the fuzzer generated is not always sent. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds by which lines of the log may be late, as they are written together. */
const LATE = 300;

export interface Seen {
  requests: number;
  /** Answered with 5xx, or cut off. */
  failed: number;
  /** How many had each status; 0 is cut off. */
  readonly statuses: Map<number, number>;
}

export interface FuzzedService {
  readonly url: string;
  readonly key: string;
  /** Adds up; complete after {@link settle}. */
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

/** Rejects when it does not start. Lines of requests that failed are shown. */
export async function startFuzzedService(): Promise<FuzzedService> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'service.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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
    settle: () => sleep(LATE),
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
