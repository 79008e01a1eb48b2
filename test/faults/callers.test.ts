/**
 * Many clients that hang up or misbehave: they cost a bounded amount of memory, and others are
 * still served.
 */
// Proves: held-connections, misbehaving-clients

import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { residentMemory } from '../../tools/resident-memory.ts';
import { makeDatabase } from '../process/databases.ts';
import { startService, until } from '../process/start-service.ts';
import { createCaller, forEachOf } from './caller.ts';
import { lasting } from './duration.ts';
import { record } from './figures.ts';

const SECONDS = lasting({ full: 8, short: 4 });

/**
 * MB that the service may grow by. Half of what a small task has beside what the service needs
 * itself.
 */
const MEMORY = 200;

/**
 * Connections to the database that may have been opened meanwhile: `DATABASE_POOL_SIZE` by default.
 */
const POOL = 10;

/** Milliseconds for other clients, on a machine that does other things too. */
const LOADED = 1000;

interface Misbehaviour {
  readonly what: string;
  readonly connections: number;
  /** What a connection does at first. */
  readonly begin?: (socket: Socket) => void;
  /** What it goes on doing, twenty times a second. */
  readonly goOn?: (socket: Socket) => void;
  /** Whether answers are left unread, so that they pile up on the way. */
  readonly deaf?: boolean;
}

const head = (method: string, path: string) => `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n`;
const JSON_BODY = 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';

const CASES: readonly Misbehaviour[] = [
  { what: 'connect and send nothing', connections: 3000 },
  {
    what: 'send headers byte by byte',
    connections: 1000,
    begin: (socket) => socket.write(head('GET', '/cars')),
    goOn: (socket) => socket.write('x'),
  },
  {
    what: 'send a body byte by byte',
    connections: 1000,
    begin: (socket) =>
      socket.write(`${head('POST', '/cars')}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n`),
    goOn: (socket) => socket.write(' '),
  },
  {
    what: 'request pages of 1000 cars and do not read them',
    connections: 500,
    begin: (socket) => socket.write(`${head('GET', '/cars?limit=1000')}\r\n`),
    deaf: true,
  },
  {
    what: 'send thousands of requests at once and do not read the responses',
    connections: 20,
    begin: (socket) => socket.write(`${head('GET', `/cars?limit=1000&yearMin=1900`)}\r\n`.repeat(5000)),
    deaf: true,
  },
  {
    what: 'send headers that never end',
    connections: 500,
    begin: (socket) => socket.write(`${head('GET', '/cars')}X: `),
    goOn: (socket) => socket.write('x'.repeat(0x4000)),
  },
  {
    what: 'send bodies that never end',
    connections: 200,
    begin: (socket) => socket.write(`${head('POST', '/cars')}${JSON_BODY}`),
    goOn: (socket) => socket.write(`4000\r\n${' '.repeat(0x4000)}\r\n`),
  },
];

/** How many sockets a process holds: its clients', its database's and its own. */
function socketsOf(pid: number | undefined): number {
  const targets = readdirSync(`/proc/${pid}/fd`).map((file) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${file}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  return targets.filter((target) => target.startsWith('socket:')).length;
}

it.each(CASES)(
  'serves other clients, with bounded memory, while many $what',
  async ({ what, connections, begin, goOn, deaf }) => {
    const database = await makeDatabase('MySQL');
    const service = await startService({ DATABASE_URL: database.url });
    service.child.stdout?.removeAllListeners('data').resume();
    const caller = createCaller(service.url, 8);
    await forEachOf(Array(1500).keys(), 8, async (number) => {
      const body = { brand: 'Volkswagen', model: `Golf ${number}`, year: 2000 };
      expect((await caller.send({ method: 'POST', path: '/cars', body })).status).toBe(201);
    });
    const before = residentMemory(service.child.pid);
    const socketsBefore = socketsOf(service.child.pid);

    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let index = 0; index < connections; index += 1) {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
      socket.on('error', () => {});
      if (deaf) socket.pause();
      else socket.resume();
      begin?.(socket);
      sockets.push(socket);
      // As fast as they are accepted, or the test would only fill the queue before the service.
      if (index % 50 === 0) await sleep(10);
    }
    const took: number[] = [];
    const answers: Record<number, number> = {};
    let most = 0;
    let mostSockets = 0;
    const end = performance.now() + SECONDS * 1000;
    while (performance.now() < end) {
      const begun = performance.now();
      const { status } = await caller.send({ path: `/cars/${1 + (took.length % 1500)}` });
      took.push(performance.now() - begun);
      answers[status] = (answers[status] ?? 0) + 1;
      most = Math.max(most, residentMemory(service.child.pid));
      mostSockets = Math.max(mostSockets, socketsOf(service.child.pid));
      for (const socket of goOn ? sockets : []) if (socket.writable) goOn?.(socket);
      await sleep(50);
    }
    for (const socket of sockets) socket.destroy();
    const p99 = took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? Number.NaN;
    record(`${connections} clients ${what}`, {
      'memory before, maximum': `${before.toFixed(0)} MB, ${most.toFixed(0)} MB`,
      'sockets before, maximum': `${socketsBefore}, ${mostSockets}`,
      'p99 of other clients': `${p99.toFixed(0)} ms`,
      'responses to other clients': JSON.stringify(answers),
    });
    expect(most - before).toBeLessThan(MEMORY);
    expect(answers).toEqual({ 200: took.length });
    expect(p99).toBeLessThan(LOADED);
    await until('its sockets to go back', () => socketsOf(service.child.pid) <= socketsBefore + POOL);
    expect((await caller.send({ path: '/cars/1' })).status).toBe(200);
    caller.close();
    expect(await service.stop()).toMatchObject({ code: 0 });
  },
  60_000,
);
