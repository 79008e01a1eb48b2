/** The limits for connections, and for responses that clients do not read, with responses that never end. */

import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { LIMITS } from '../../src/http/limits.ts';
import { limitConnections } from '../../src/http/wire/connections.ts';

/** Starts a server whose responses count as `bytes` each, and stay unsent. */
async function startUnsent(bytes: number) {
  const held: boolean[] = [];
  const server = createServer((request, response) => {
    held.push(connections.hold(request.socket, response, bytes));
    if (!request.socket.destroyed) response.write('x');
  });
  const connections = limitConnections(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ask = (requests: number): Socket => {
    const socket = connect(port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(requests));
    return socket;
  };
  return { ask, held };
}

// Proves: unread-answers
it('a client that leaves more unread than its limit loses its connection', async () => {
  const { ask, held } = await startUnsent(LIMITS.unsent / 2);
  const within = ask(2);
  await expect.poll(() => held).toEqual([true, true]);
  const beyond = ask(3);
  await expect.poll(() => beyond.closed).toBe(true);
  expect(held).toEqual([true, true, true, true, false]);
  expect(within.closed).toBe(false);
});

// Proves: unread-answers
it('when all clients together leave more unread than the limit, the first of them lose theirs', async () => {
  const { ask, held } = await startUnsent(LIMITS.unsentInAll / 8);
  const sockets: Socket[] = [];
  for (let client = 1; client <= 10; client += 1) {
    sockets.push(ask(1));
    await expect.poll(() => held).toHaveLength(client);
  }
  await expect.poll(() => sockets.filter(({ closed }) => closed)).toHaveLength(2);
  expect(sockets.map(({ closed }) => closed)).toEqual([true, true, ...Array(8).fill(false)]);
  expect(held).toEqual(Array(10).fill(true));
});

// Proves: held-connections
it('a connection beyond the limit replaces the oldest idle one, else the oldest with half a request', async () => {
  const { connections } = LIMITS;
  Object.assign(LIMITS, { connections: 3 });
  onTestFinished(() => void Object.assign(LIMITS, { connections }));
  const { ask, held } = await startUnsent(1);
  const half = [ask(0), ask(0)];
  for (const socket of half) socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx');
  await expect.poll(() => held).toHaveLength(2);
  ask(1);
  await expect.poll(() => held).toHaveLength(3);
  const idle = ask(0);
  await expect.poll(() => half.map(({ closed }) => closed)).toEqual([true, false]);
  ask(1);
  await expect.poll(() => idle.closed).toBe(true);
  expect(half[1]?.closed).toBe(false);
  await expect.poll(() => held).toHaveLength(4);
});
