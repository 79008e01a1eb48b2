/** haproxy in front of several services, as a plain load balancer that never repeats a request which may have arrived. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../tools/free-port.ts';

export interface Balancer {
  readonly url: string;
  /** What it counted itself. */
  counters(): Promise<Counters>;
  stop(): void;
}

export interface Counters {
  /** Answers of 5xx, a service's or its own. */
  readonly failed: number;
  /** Requests on which a service hung up. */
  readonly brokenAnswers: number;
  /** Requests sent elsewhere because no connection came about, so that nothing had been sent. */
  readonly redispatched: number;
}

/**
 * How a balancer learns that a service stops.
 *
 * - `readyz`: it checks `GET /readyz`, stops sending requests to a service that drains, and repeats nothing.
 * - `late`: it checks `GET /healthz`, and notices a service that is gone only after 3 s, long after that has closed what was
 *   idle. Until then it tries others, if no connection came about, so that nothing had been sent. With a check that is faster
 *   than that, a service which never says `Connection: close` drops nothing either.
 */
export const CHECKS = {
  readyz: `
  option httpchk GET /readyz
  retries 0
  default-server check inter 500ms fall 2 rise 1`,
  late: `
  option httpchk GET /healthz
  # Often, because several ports may be without a service and not yet be known to be.
  retries 10
  retry-on conn-failure
  option redispatch 1
  default-server check inter 300ms fall 10 rise 1`,
} as const;

/**
 * @param ports where services are or will be; those that do not answer their health check get no
 * requests.
 */
export async function startBalancer(ports: readonly number[], check: keyof typeof CHECKS): Promise<Balancer> {
  needs('haproxy', '-v');
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-haproxy-'));
  const port = await findFreePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `
global
  stats socket ${folder}/admin level admin
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
frontend callers
  bind 127.0.0.1:${port}
  default_backend services
backend services
  balance roundrobin
  # A check may be late on a machine under full load; one late answer must not take a service away.
  timeout check 2s
${CHECKS[check]}
${ports.map((to) => `  server s${to} 127.0.0.1:${to}`).join('\n')}
`,
  );
  const child = spawn('haproxy', ['-f', file], { stdio: ['ignore', 'ignore', 'ignore'] });
  const url = `http://127.0.0.1:${port}`;
  await untilItServes(url, child);
  const ask = (command: string) => {
    const socket = connect(join(folder, 'admin'));
    socket.write(`${command}\n`);
    return text(socket);
  };
  return {
    url,
    async counters() {
      const [head = '', ...rows] = (await ask('show stat')).trim().split('\n');
      const values = rows.find((row) => row.startsWith('services,BACKEND,'))?.split(',') ?? [];
      const count = (name: string) => Number(values[head.replace('# ', '').split(',').indexOf(name)]);
      return { failed: count('hrsp_5xx'), brokenAnswers: count('eresp'), redispatched: count('wredis') };
    },
    stop() {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Fails, and says what to do, where a program is missing. */
export function needs(program: string, ...args: string[]): void {
  if (spawnSync(program, args).error)
    throw new Error(`this test needs ${program}: apt-get install haproxy wrk, or brew install haproxy wrk`);
}

async function untilItServes(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt += 1) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    // It takes every service for well until ten checks have failed.
    if (answer?.ok) return void (await sleep(4500));
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error('haproxy did not pass a request on within 10 s');
}
