/** Stopping the service while clients are too slow: they are cut in time, so that the rest of the stop is orderly. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { type RunningApp, startApp } from '../http/start-app.ts';
import { aCar } from '../support/cars.ts';
import { timed } from '../support/timed.ts';
import { beginPost, openConnection } from './raw-request.ts';
import { startService } from './start-service.ts';

/** The path of a response of 1.7 MB. */
const LARGE = '/docs/swagger-ui-bundle.js';

const SETTINGS = { DATABASE_URL: 'sqlite::memory:', STOP_SECONDS: '2' };

it('does not wait for a request that never ends', async () => {
  const service = await startService(SETTINGS);
  const half = await beginPost(service.url, aCar());
  const headOnly = await openConnection(service.url);
  const head =
    'POST /cars HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50';
  headOnly.send(`${head}\r\n\r\n`);
  await fetch(`${service.url}/healthz`);
  const begun = performance.now();
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
  expect(performance.now() - begun).toBeGreaterThan(900);
  await Promise.all([half.closed, headOnly.closed]);
  const lines = service.log();
  expect(lines.find(({ message }) => message === 'connections were cut')).toMatchObject({ stop: 2 });
  expect(lines.at(-1)).toMatchObject({ message: 'stopped' });
});

/** A client that leaves more unread than the buffers of a connection hold. Returns the number of its requests. */
async function leaveUnread(app: RunningApp) {
  const accepted = once(app.app.server.server, 'connection') as Promise<[Socket]>;
  // Without a listener for data, it reads nothing.
  const client = connect(app.port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => void client.destroy());
  const [socket] = await accepted;
  let requests = 0;
  // One after another: a client that asks for too much at once is cut.
  while (socket.writableLength === 0) {
    client.write(`GET ${LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    requests += 1;
    await sleep(50);
  }
  return { client, requests };
}

it('does not wait for a client that does not read its responses', async () => {
  const app = await startApp(SETTINGS);
  await leaveUnread(app);
  const { milliseconds } = await timed(app.stop());
  expect(milliseconds).toBeGreaterThan(900);
  expect(milliseconds).toBeLessThan(2000);
});

it('waits for a client that reads slowly', async () => {
  const app = await startApp({ ...SETTINGS, STOP_SECONDS: '5' });
  const { body } = await app.get(LARGE);
  const { client, requests } = await leaveUnread(app);
  const stopped = app.stop();
  await sleep(1500);
  const read = await buffer(client);
  expect(read.length).toBeGreaterThan(requests * Buffer.byteLength(body));
  await stopped;
});
