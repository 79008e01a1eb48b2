/** Timeouts and aborts hold although Node collects garbage meanwhile, which it does under load. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type CarsClient, createCarsClient } from '../../client/src/index.ts';

const CAR = { brand: 'Seat', model: 'Ibiza', year: 1984 };

/** Milliseconds. */
const SOON = 300;
const NEVER = 600_000;

/** Begins an answer to an export, and answers nothing else. */
const server = createServer((request, response) => {
  request.resume();
  if (request.url?.startsWith('/cars.ndjson')) response.write('{"id":1}\n');
});
let url: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const CALLS: Readonly<Record<string, (cars: CarsClient, signal: AbortSignal) => Promise<unknown>>> = {
  'a read': (cars, signal) => cars.get(1, { signal }),
  'a create': (cars, signal) => cars.create(CAR, { signal }),
  'a batch': (cars, signal) => Array.fromAsync(cars.createMany([CAR], { signal })),
  'an export': (cars, signal) => Array.fromAsync(cars.export({}, { signal })),
};

it.each(Object.entries(CALLS))('%s ends after its timeout', async (_, call) => {
  collectGarbage();
  const cars = createCarsClient({ url, timeout: SOON, retryFor: 0 });
  await expect(call(cars, new AbortController().signal)).rejects.toThrow(`for ${SOON} ms`);
});

it.each(Object.entries(CALLS))('%s ends when its signal aborts', async (_, call) => {
  collectGarbage();
  const cars = createCarsClient({ url, timeout: NEVER });
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), SOON);
  await expect(call(cars, controller.signal)).rejects.toThrow('enough');
});

/** Again and again, until the test has finished. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const timer = setInterval(collect, 20);
  onTestFinished(() => clearInterval(timer));
}
