/** Requests that are sent behind each other without waiting: answered in order, up to a number. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { LIMITS } from '../../src/http/limits.ts';
import { useApp } from './start-app.ts';

const app = useApp();

const REQUEST = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';

/** Sends requests in one packet; resolves with how many were answered and whether the service then hung up. */
async function pipeline(requests: number): Promise<{ answered: number; closed: boolean }> {
  const socket = connect(app().port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let text = '';
  const answered = () => text.split('HTTP/1.1 200 OK').length - 1;
  await once(socket, 'connect');
  socket.write(REQUEST.repeat(requests));
  const closed = await new Promise<boolean>((resolve) => {
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (answered() === requests) resolve(false);
    });
    socket.on('close', () => resolve(true));
  });
  return { answered: answered(), closed };
}

it('answers as many pipelined requests as the limit allows', async () => {
  const requests = LIMITS.pipelined + 1;
  expect(await pipeline(requests)).toEqual({ answered: requests, closed: false });
});

it('closes the connection of a client that sends more', async () => {
  const { answered, closed } = await pipeline(LIMITS.pipelined + 2);
  expect(closed).toBe(true);
  expect(answered).toBeLessThan(LIMITS.pipelined + 2);
});
