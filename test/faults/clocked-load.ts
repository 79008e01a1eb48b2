/**
 * A load generator whose requests come by the clock, not by the answers: under overload a closed
 * loop would politely slow down and hide it. Runs as a process of its own: `node clocked-load.ts
 * '{"url": …}'` prints its report as JSON.
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
  /** Cars of a page. */
  readonly pageSize: number;
}

export type Kind = 'read' | 'write' | 'list';

export interface KindReport {
  sent: number;
  /** 2xx, whenever it came. */
  served: number;
  /**
   * 2xx that came before the time was over: what comes later is no throughput but a queue that is
   * worked off.
   */
  servedMeanwhile: number;
  /** 503 with Retry-After. */
  refused: number;
  /** Anything else, in words. */
  failed: string[];
  /** Milliseconds from the moment at which a request was due to its whole answer. */
  served99: number;
  refused99: number;
}

export type LoadReport = Readonly<Record<Kind, KindReport>>;

/**
 * HEAD costs the service as much as GET, and the generator, which has to be faster, does not have
 * to read the pages.
 */
const METHODS = { read: 'GET', write: 'POST', list: 'HEAD' } as const;

/**
 * Kept open, as a load balancer does: Node accepts one new connection in each turn of its event
 * loop.
 */
const CONNECTIONS = 1000;

/** How often requests that are due are sent, in milliseconds. */
const TICK = 2;

interface Result extends KindReport {
  readonly servedAfter: number[];
  readonly refusedAfter: number[];
}

async function offer(load: OfferedLoad): Promise<LoadReport> {
  const { seconds, rate, shares } = load;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: CONNECTIONS });
  await openAll(agent, load.url);
  const results = { read: newResult(), write: newResult(), list: newResult() };
  const begun = performance.now();
  const end = begun + seconds * 1000;
  const pending = new Set<Promise<void>>();
  for (let sent = 0; performance.now() < end; ) {
    const due = ((performance.now() - begun) / 1000) * rate;
    for (; sent < due; sent += 1) {
      const dice = Math.random();
      const kind = dice < shares.read ? 'read' : dice < shares.read + shares.write ? 'write' : 'list';
      const one = send(agent, load, kind, results[kind], begun + (sent / rate) * 1000, end);
      pending.add(one);
      void one.then(() => pending.delete(one));
    }
    await sleep(TICK);
  }
  await Promise.all(pending);
  agent.destroy();
  return { read: reportOf(results.read), write: reportOf(results.write), list: reportOf(results.list) };
}

function openAll(agent: Agent, url: string): Promise<unknown> {
  const open = () =>
    new Promise((resolve, reject) => {
      const opening = request(`${url}/healthz`, { agent }, (response) =>
        response.resume().on('end', resolve),
      );
      opening.on('error', reject).end();
    });
  return Promise.all(Array.from({ length: CONNECTIONS }, open));
}

/**
 * Hardly anyone else asks for the same page at once, so none is shared; its order is dear to make.
 */
function pageOfItsOwn(size: number): string {
  const [from, to] = [1886 + Math.floor(Math.random() * 90), 2020 + Math.floor(Math.random() * 80)];
  return `/cars?limit=${size}&sort=-model&yearMin=${from}&yearMax=${to}`;
}

function newResult(): Result {
  const none = { sent: 0, served: 0, servedMeanwhile: 0, refused: 0, served99: 0, refused99: 0 };
  return { ...none, failed: [], servedAfter: [], refusedAfter: [] };
}

function send(
  agent: Agent,
  { url, pageSize }: OfferedLoad,
  kind: Kind,
  result: Result,
  due: number,
  end: number,
): Promise<void> {
  const id = 1 + Math.floor(Math.random() * 1000);
  const path = kind === 'list' ? pageOfItsOwn(pageSize) : kind === 'write' ? '/cars' : `/cars/${id}`;
  const body = kind === 'write' ? JSON.stringify({ brand: 'Seat', model: 'Ibiza', year: 1984 }) : '';
  const headers = body === '' ? {} : { 'content-type': 'application/json', 'content-length': body.length };
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
          const now = performance.now();
          const { statusCode = 0 } = response;
          if (statusCode < 300) {
            result.servedAfter.push(now - due);
            if (now < end) result.servedMeanwhile += 1;
          } else if (statusCode === 503 && response.headers['retry-after'])
            result.refusedAfter.push(now - due);
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

function reportOf({ servedAfter, refusedAfter, ...counted }: Result): KindReport {
  return {
    ...counted,
    served: servedAfter.length,
    refused: refusedAfter.length,
    failed: counted.failed.slice(0, 5),
    served99: percentile99(servedAfter),
    refused99: percentile99(refusedAfter),
  };
}

function percentile99(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}

if (process.argv[2] !== undefined) {
  process.stdout.write(JSON.stringify(await offer(JSON.parse(process.argv[2]))));
}
