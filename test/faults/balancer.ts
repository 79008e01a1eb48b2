/** haproxy before several services, as a plain load balancer: what was sent to a service once is never sent again. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../support/free-port.ts';

export interface Balancer {
  readonly url: string;
  stop(): void;
}

/** @param ports where services are or will be; those that do not answer their health check get no requests. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  needs('haproxy', '-v');
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-haproxy-'));
  const port = await findFreePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  # Only where no connection came about, so that nothing had been sent.
  retries 3
  retry-on conn-failure
  option redispatch 1
frontend callers
  bind 127.0.0.1:${port}
  default_backend services
backend services
  balance roundrobin
  option httpchk GET /healthz
  # A check may be late on a machine under full load; one late answer must not take a service away.
  timeout check 2s
  default-server check inter 300ms fall 2 rise 1
${ports.map((to) => `  server s${to} 127.0.0.1:${to}`).join('\n')}
`,
  );
  const child = spawn('haproxy', ['-f', file], { stdio: ['ignore', 'ignore', 'ignore'] });
  const url = `http://127.0.0.1:${port}`;
  await untilItServes(url, child);
  return {
    url,
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
    // It takes every service for well until two checks have failed.
    if (answer?.ok) return void (await sleep(2000));
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error('haproxy did not pass a request on within 10 s');
}
