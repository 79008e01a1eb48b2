/**
 * Sends requests in two parts over a plain socket, so that they stay in flight as long as a test
 * needs.
 */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { until } from './start-service.ts';

export interface Connection {
  send(text: string): void;
  /** What the service sent since the last call of this, once it has this text in it. */
  received(text: string): Promise<string>;
  /** Resolves when the service has closed the connection. */
  readonly closed: Promise<unknown>;
}

export interface BegunRequest {
  /** Sends the rest; resolves with the answer, its header and its body, as text. */
  finish(): Promise<string>;
  readonly closed: Promise<unknown>;
}

/** Connects to a service, and sends nothing. */
export async function openConnection(url: string): Promise<Connection> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  // A process that dies resets its connections; ignore that.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let unread = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    unread += text;
  });
  await once(socket, 'connect');
  return {
    closed,
    send: (text) => void socket.write(text),
    async received(text) {
      await until(`an answer with "${text}"`, () => unread.includes(text));
      const read = unread;
      unread = '';
      return read;
    },
  };
}

/**
 * Sends the header and half of the body of a `POST /cars`. Resolves after `100 Continue`, when the
 * request is in flight. A 503, as a busy machine may answer, is reported and retried as often as
 * given.
 */
export async function beginPost(url: string, car: object, retries = 3): Promise<BegunRequest> {
  const connection = await openConnection(url);
  const body = JSON.stringify(car);
  const half = Math.floor(body.length / 2);
  const head = ['POST /cars HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
  head.push(`Content-Length: ${Buffer.byteLength(body)}`, 'Expect: 100-continue');
  connection.send(`${head.join('\r\n')}\r\n\r\n`);
  const begun = await connection.received('\r\n\r\n');
  if (begun.startsWith('HTTP/1.1 503 ') && retries > 0) {
    process.stderr.write(
      `503 for POST /cars, ${retries} retries left: ${expect.getState().currentTestName}\n`,
    );
    await sleep(1000);
    return beginPost(url, car, retries - 1);
  }
  if (!begun.startsWith('HTTP/1.1 100 ')) throw new Error(`not begun: ${begun}`);
  connection.send(body.slice(0, half));
  return {
    closed: connection.closed,
    finish() {
      connection.send(body.slice(half));
      // Both a car and a problem are an object, without another in it.
      return connection.received('}');
    },
  };
}
