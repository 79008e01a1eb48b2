/**
 * The load balancer of the rehearsal: haproxy forwards requests to the targets that this file has
 * found healthy, with the target group's settings. A request is never retried.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../tools/free-port.ts';
import type { TargetState } from './ecs/driver.ts';
import type { TargetGroupSettings } from './ecs/local-platform.ts';

export interface Balancer {
  readonly url: string;
  register(id: string, port: number): void;
  /** Sends it no new requests; those in flight are answered. */
  deregister(id: string): void;
  /** Removes a stopped target. */
  forget(id: string): void;
  stateOf(id: string): TargetState;
  counters(): Promise<Counters>;
  stop(): void;
}

export interface Counters {
  /** Requests so far. */
  readonly requests: number;
  /** 5xx answers of tasks. */
  readonly targetErrors: number;
  /** 5xx answers of the balancer itself: no task, or a closed connection. */
  readonly ownErrors: number;
}

interface Target {
  readonly slot: string;
  readonly port: number;
  readonly checks: NodeJS.Timeout;
  state: TargetState;
  /** How many checks in a row had this result. */
  streak: { passed: boolean; length: number };
}

/** The maximum number of tasks at once: twice the usual, and some that are stopping. */
const SLOTS = Array.from({ length: 20 }, (_, index) => `slot${index}`);

/** @param signal aborted by Ctrl-C. */
export async function startBalancer(settings: TargetGroupSettings, signal: AbortSignal): Promise<Balancer> {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-rehearsal-'));
  const port = await findFreePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `
global
  stats socket ${folder}/admin level admin
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  retries 0
frontend clients
  bind 127.0.0.1:${port}
  default_backend tasks
backend tasks
  balance leastconn
${SLOTS.map((slot) => `  server ${slot} 127.0.0.1:1 disabled`).join('\n')}
`,
  );
  // In a process group of its own, so that Ctrl-C does not end it before the tasks.
  const child = spawn('haproxy', ['-f', file], { stdio: 'ignore', detached: true });
  const targets = new Map<string, Target>();
  const free = [...SLOTS];
  const url = `http://127.0.0.1:${port}`;

  const send = (command: string) => {
    const socket = connect(join(folder, 'admin'));
    socket.on('error', () => {});
    socket.write(`${command}\n`);
    return text(socket);
  };

  /**
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
   */
  async function check(target: Target): Promise<void> {
    const signal = AbortSignal.timeout(settings.timeout * 1000);
    const answer = await fetch(`http://127.0.0.1:${target.port}${settings.path}`, { signal }).catch(
      () => undefined,
    );
    await answer?.arrayBuffer().catch(() => {});
    if (target.state === 'draining') return;
    const passed = answer?.status === 200;
    target.streak = { passed, length: target.streak.passed === passed ? target.streak.length + 1 : 1 };
    if (passed && target.state !== 'healthy' && target.streak.length >= settings.healthyAfter) {
      target.state = 'healthy';
      await send(`set server tasks/${target.slot} state ready`);
    } else if (!passed && target.state !== 'unhealthy' && target.streak.length >= settings.unhealthyAfter) {
      target.state = 'unhealthy';
      await send(`set server tasks/${target.slot} state drain`);
    }
  }

  function stop(): void {
    for (const { checks } of targets.values()) clearInterval(checks);
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }

  await waitUntilItAnswers(url, signal).catch((error) => {
    stop();
    throw error;
  });
  return {
    url,
    register(id, to) {
      const slot = free.shift();
      if (slot === undefined) throw new Error(`more than ${SLOTS.length} tasks at once`);
      const checks = setInterval(() => void check(target), settings.interval * 1000);
      const target: Target = {
        slot,
        port: to,
        checks,
        state: 'initial',
        streak: { passed: false, length: 0 },
      };
      targets.set(id, target);
      void send(`set server tasks/${slot} addr 127.0.0.1 port ${to}`).then(() => check(target));
    },
    deregister(id) {
      const target = targets.get(id);
      if (target === undefined || target.state === 'draining') return;
      const isServing = target.state === 'healthy';
      target.state = 'draining';
      clearInterval(target.checks);
      if (isServing) void send(`set server tasks/${target.slot} state drain`);
    },
    forget(id) {
      const target = targets.get(id);
      if (target === undefined) return;
      clearInterval(target.checks);
      targets.delete(id);
      void send(`set server tasks/${target.slot} state maint`).then(() => free.push(target.slot));
    },
    stateOf: (id) => targets.get(id)?.state ?? 'unused',
    async counters() {
      const [head = '', ...rows] = (await send('show stat')).trim().split('\n');
      const columns = head.replace('# ', '').split(',');
      const value = (row: string, name: string) =>
        Number(rows.find((line) => line.startsWith(row))?.split(',')[columns.indexOf(name)] ?? 0);
      const targetErrors = SLOTS.reduce((sum, slot) => sum + value(`tasks,${slot},`, 'hrsp_5xx'), 0);
      return {
        requests: value('clients,FRONTEND,', 'req_tot'),
        targetErrors,
        ownErrors: value('clients,FRONTEND,', 'hrsp_5xx') - targetErrors,
      };
    },
    stop,
  };
}

async function waitUntilItAnswers(url: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await fetch(url).catch(() => undefined)) return;
    await sleep(50, undefined, { signal });
  }
  throw new Error('haproxy does not answer');
}
