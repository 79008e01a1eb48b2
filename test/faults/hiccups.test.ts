/**
 * A slow machine is not overload: requests of a single client take longer, and none is refused.
 */
// Proves: no-spurious-refusals

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeDatabase } from '../process/databases.ts';
import { type Service, startService } from '../process/start-service.ts';
import { type Call, createCaller } from './caller.ts';
import { record } from './figures.ts';

/** Milliseconds between two requests of a client. */
const REST = 20;

/** Milliseconds in which the service promises to answer, and that a busy machine may add. */
const SLOWEST = 2000 + 1000;

interface Seen {
  /** How many answers had each status. */
  readonly statuses: Record<number, number>;
  slowest: number;
}

/** The requests of one client about a car of its own, one after another: mostly those that are refused first. */
function callOf(turn: number, id: number): Call {
  const calls: Call[] = [
    { path: '/cars' },
    { path: `/cars/${id}/history` },
    { path: `/cars/${id}` },
    { path: '/cars?sort=-year&limit=20' },
    { method: 'PATCH', path: `/cars/${id}`, body: { year: 1900 + (turn % 100) } },
  ];
  return calls[turn % calls.length] as Call;
}

async function callUntil(url: string, clients: number, isOver: (turn: number) => boolean): Promise<Seen> {
  const caller = createCaller(url, clients);
  const seen: Seen = { statuses: {}, slowest: 0 };
  const client = async (number: number) => {
    for (let turn = number; !isOver(turn - number); turn += 1) {
      const begun = performance.now();
      const { status } = await caller.send(callOf(turn, number + 1));
      seen.statuses[status] = (seen.statuses[status] ?? 0) + 1;
      seen.slowest = Math.max(seen.slowest, performance.now() - begun);
      await sleep(REST);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  caller.close();
  return seen;
}

/** @param cars one for each client. */
async function startWithCars(databaseUrl: string, cars: number): Promise<Service> {
  const service = await startService({ DATABASE_URL: databaseUrl });
  service.child.stdout?.removeAllListeners('data').resume();
  const caller = createCaller(service.url, 1);
  for (let number = 0; number < cars; number += 1) {
    const body = { brand: 'Volkswagen', model: `Golf ${number}`, year: 2000 };
    expect((await caller.send({ method: 'POST', path: '/cars', body })).status).toBe(201);
  }
  caller.close();
  return service;
}

function note(what: string, { statuses, slowest }: Seen): void {
  record(what, { answers: JSON.stringify(statuses), 'slowest response': `${(slowest / 1000).toFixed(2)} s` });
}

/** Keeps all cores busy with twice as many processes. */
function startBusyLoops(): void {
  const loops = Array.from({ length: availableParallelism() * 2 }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  onTestFinished(() => {
    for (const loop of loops) loop.kill('SIGKILL');
  });
}

/** Lets the service run for a quarter of each tenth of a second, as a CPU quota of 0.25 cores does to a busy one. */
function limitCpu({ child }: Service): void {
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  void (async () => {
    while (!isOver) {
      child.kill('SIGSTOP');
      await sleep(75);
      child.kill('SIGCONT');
      await sleep(25);
    }
  })();
}

describe.each(['SQLite', 'MySQL'] as const)(
  'a single client of a service on a starved machine, %s',
  (engine) => {
    it.each([
      { machine: 'twice as many busy loops as cores', starve: startBusyLoops },
      { machine: 'a quarter of a core', starve: limitCpu },
    ])('is never refused: $machine', async ({ machine, starve }) => {
      const service = await startWithCars((await makeDatabase(engine)).url, 5);
      starve(service);
      const seen = await callUntil(service.url, 1, (turn) => turn >= 100);
      note(`one client, ${machine}, ${engine}`, seen);
      expect(seen.statuses).toEqual({ 200: 100 });
      expect(seen.slowest).toBeLessThan(SLOWEST);
    });
  },
);
