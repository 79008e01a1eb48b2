/** A server that speaks just enough of MySQL's protocol to demand a login plugin. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** PROTOCOL_41, SECURE_CONNECTION, CONNECT_WITH_DB, MULTI_STATEMENTS, PLUGIN_AUTH. */
const CAPABILITIES = 0x200 | 0x8000 | 0x8 | 0x10000 | 0x80000;

/** Listens on a free port until the test ends; returns a DATABASE_URL. */
export async function startLoginServer(
  plugin: string,
  onData: (data: Buffer) => void = () => {},
): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', onData);
    socket.write(packet(0, greeting()));
    socket.once('data', () => socket.write(packet(2, Buffer.from(`\xfe${plugin}\0salt\0`, 'latin1'))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return `mysql://ann:hunter2@127.0.0.1:${address.port}/cars`;
}

function packet(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, payload]);
}

function greeting(): Buffer {
  const numbers = Buffer.alloc(18);
  numbers.writeUInt16LE(CAPABILITIES & 0xffff, 0);
  numbers.writeUInt16LE(CAPABILITIES >>> 16, 5);
  numbers[7] = 21;
  return Buffer.concat([
    Buffer.from('\x0a8.4.0\0\x01\0\0\0saltsalt\0', 'latin1'),
    numbers,
    Buffer.from('saltsaltsalt\0caching_sha2_password\0', 'latin1'),
  ]);
}
