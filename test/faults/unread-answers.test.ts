/**
 * Clients that request much and read nothing: they cannot make the service hold more than a fixed
 * amount of memory, on any path, and they do not keep their connections.
 */
// Proves: unread-answers

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LIMITS } from '../../src/http/limits.ts';
import { findFreePort } from '../../tools/free-port.ts';
import { residentMemory } from '../../tools/resident-memory.ts';
import { type Service, startService, until } from '../process/start-service.ts';
import { createCaller, forEachOf } from './caller.ts';
import { record } from './figures.ts';

/**
 * MB by which the service may grow: the limit for all clients, and garbage that is not collected
 * yet. 2,000 pages of 1000 cars alone are 140 MB of texts, each of which is there in several forms.
 */
const MEMORY = LIMITS.unsentInAll / 1e6 + 250;

const CARS = 1500;

async function startFilled(): Promise<Service> {
  const service = await startService({ DATABASE_URL: 'sqlite::memory:' });
  service.child.stdout?.removeAllListeners('data').resume();
  const caller = createCaller(service.url, 8);
  await forEachOf(Array(CARS).keys(), 8, async (number) => {
    const body = { brand: 'Volkswagen', model: `Golf ${number}`, year: 2000 };
    expect((await caller.send({ method: 'POST', path: '/cars', body })).status).toBe(201);
  });
  for (let year = 1900; year < 2100; year += 1)
    expect((await caller.send({ method: 'PATCH', path: '/cars/1', body: { year } })).status).toBe(200);
  caller.close();
  return service;
}

function connectDeaf({ url }: Service): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {}).pause();
  onTestFinished(() => void socket.destroy());
  return socket;
}

const request = (path: string, encoding = 'identity') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: ${encoding}\r\n\r\n`;

describe('the memory of the service stays bounded while clients that do not read', () => {
  it.each([
    {
      what: 'pipeline requests for the largest asset',
      connections: 20,
      sent: request('/docs/swagger-ui-bundle.js').repeat(50),
    },
    {
      what: 'pipeline requests for the same asset, compressed',
      connections: 20,
      sent: request('/docs/swagger-ui-bundle.js', 'br').repeat(50),
    },
    {
      what: 'request the largest asset once on each of many connections',
      connections: 500,
      sent: request('/docs/swagger-ui-bundle.js'),
    },
    {
      what: 'pipeline requests for pages of 1000 cars',
      connections: 50,
      sent: request('/cars?limit=1000').repeat(60),
    },
    {
      what: 'request a page of 1000 cars on each of many connections',
      connections: 2000,
      sent: request('/cars?limit=1000&sort=-model'),
    },
    {
      what: 'pipeline requests for histories',
      connections: 50,
      sent: request('/cars/1/history?limit=1000').repeat(60),
    },
    {
      what: 'pipeline requests for the OpenAPI document',
      connections: 50,
      sent: request('/openapi.json').repeat(60),
    },
    {
      what: 'pipeline requests that are rejected',
      connections: 300,
      sent: request(`/cars?${'x&'.repeat(90)}`).repeat(60),
    },
  ])('$what', async ({ what, connections, sent }) => {
    const service = await startFilled();
    const caller = createCaller(service.url, 1);
    // New connections would have to wait until all others are accepted, one in each turn of the event loop.
    expect((await caller.send({ path: '/healthz' })).status).toBe(200);
    const before = residentMemory(service.child.pid);
    let most = before;
    let slowest = 0;
    const sockets = Array.from({ length: connections }, () => connectDeaf(service));
    for (const socket of sockets) socket.write(sent);
    const end = performance.now() + 2500;
    while (performance.now() < end) {
      const begun = performance.now();
      expect((await caller.send({ path: '/healthz' })).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - begun);
      most = Math.max(most, residentMemory(service.child.pid));
      await sleep(20);
    }
    record(`${connections} clients that do not read ${what}`, {
      'memory before, maximum': `${before.toFixed(0)} MB, ${most.toFixed(0)} MB`,
      'slowest health check': `${slowest.toFixed(0)} ms`,
    });
    expect(most - before).toBeLessThan(MEMORY);
    caller.close();
  });
});

it('closes the oldest idle connection if there are too many, so that new clients are served', async () => {
  const metricsPort = await findFreePort();
  const service = await startService({
    DATABASE_URL: 'sqlite::memory:',
    METRICS_PORT: String(metricsPort),
  });
  const closed = { count: 0 };
  const sockets = Array.from({ length: LIMITS.connections + 500 }, () => {
    const socket = connectDeaf(service).resume();
    return socket.on('close', () => {
      closed.count += 1;
    });
  });
  await until('the excess to be closed', () => closed.count >= 500);
  const caller = createCaller(service.url, 1);
  expect((await caller.send({ path: '/readyz' })).status).toBe(200);
  expect(sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(LIMITS.connections);
  caller.close();
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const cut = Number(/^http_connections_cut_total\{why="limit"\} (\d+)$/m.exec(metrics)?.[1]);
  expect(cut).toBeGreaterThanOrEqual(500);
  await service.stop();
  const lines = service.log().filter(({ message }) => message === 'connections were cut');
  expect(lines.reduce((sum, { limit }) => sum + Number(limit), 0)).toBeGreaterThanOrEqual(cut);
});
