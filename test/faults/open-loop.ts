/**
 * A load generator whose requests come by the clock, not by the answers: under overload a closed loop would politely slow
 * down and hide it. Runs as a process of its own: `node open-loop.ts '{"url": …}'` prints its report as JSON.
 */

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface OfferedLoad {
  readonly url: string;
  readonly seconds: number;
  /** Requests a second, in all. */
  readonly rate: number;
  /** The share of each kind. */
  readonly shares: Readonly<Record<Kind, number>>;
}

export type Kind = 'read' | 'write' | 'list';

export interface KindReport {
  sent: number;
  served: number;
  /** 503 with Retry-After. */
  refused: number;
  /** Anything else, in words, the first few. */
  failed: string[];
  /** Milliseconds from the moment at which a request was due to its whole answer. */
  served99: number;
  refused99: number;
}

export type LoadReport = Readonly<Record<Kind, KindReport>>;

const CARS = 1000;

/** HEAD costs the service as much as GET, and the generator, which shares the machine, does not have to read the pages. */
const METHODS = { read: 'GET', write: 'PATCH', list: 'HEAD' } as const;

/** How often requests that are due are sent, in milliseconds. */
const TICK = 2;

async function offer({ url, seconds, rate, shares }: OfferedLoad): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 4096 });
  const results = { read: newResult(), write: newResult(), list: newResult() };
  const begun = performance.now();
  let pending = 0;
  for (let sent = 0; performance.now() - begun < seconds * 1000; ) {
    const due = ((performance.now() - begun) / 1000) * rate;
    for (; sent < due; sent += 1) {
      const dice = Math.random();
      const kind = dice < shares.read ? 'read' : dice < shares.read + shares.write ? 'write' : 'list';
      pending += 1;
      void send(agent, url, kind, results[kind], begun + (sent / rate) * 1000).finally(() => {
        pending -= 1;
      });
    }
    await sleep(TICK);
  }
  while (pending > 0) await sleep(10);
  agent.destroy();
  return { read: reportOf(results.read), write: reportOf(results.write), list: reportOf(results.list) };
}

/** A page of 1000 that hardly anyone else asks for at the same moment: equal ones would be read once for all. */
function pageOfItsOwn(): string {
  const [from, to] = [1886 + Math.floor(Math.random() * 90), 2020 + Math.floor(Math.random() * 80)];
  return `/cars?limit=1000&yearMin=${from}&yearMax=${to}`;
}

interface Result {
  sent: number;
  failed: string[];
  served: number[];
  refused: number[];
}

function newResult(): Result {
  return { sent: 0, failed: [], served: [], refused: [] };
}

function send(agent: Agent, url: string, kind: Kind, result: Result, due: number): Promise<void> {
  const id = 1 + Math.floor(Math.random() * CARS);
  const path = kind === 'list' ? pageOfItsOwn() : `/cars/${id}`;
  const body = kind === 'write' ? JSON.stringify({ year: 1900 + (id % 200) }) : '';
  const headers =
    kind === 'write' ? { 'content-type': 'application/json', 'content-length': body.length } : {};
  result.sent += 1;
  return new Promise((resolve) => {
    const fail = (error: Error) => {
      result.failed.push(error.message);
      resolve();
    };
    const sent = request(
      `${url}${path}`,
      { agent, method: METHODS[kind], headers, timeout: 20_000 },
      (response) => {
        response.on('error', fail).resume();
        response.on('end', () => {
          const took = performance.now() - due;
          const { statusCode = 0 } = response;
          if (statusCode < 300) result.served.push(took);
          else if (statusCode === 503 && response.headers['retry-after']) result.refused.push(took);
          else result.failed.push(`${statusCode}`);
          resolve();
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in 20 s')));
    sent.on('error', fail);
    sent.end(body);
  });
}

function reportOf({ sent, failed, served, refused }: Result): KindReport {
  return {
    sent,
    served: served.length,
    refused: refused.length,
    failed: failed.slice(0, 5),
    served99: percentile(served, 0.99),
    refused99: percentile(refused, 0.99),
  };
}

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

if (process.argv[2] !== undefined) {
  process.stdout.write(JSON.stringify(await offer(JSON.parse(process.argv[2]))));
  process.exit(0);
}
