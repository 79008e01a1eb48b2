/** Requests that fetch cannot make, byte for byte over a bare socket. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answer.ts';

/** How long to wait for an answer, in milliseconds. */
const PATIENCE = 5000;

/** Says only that the body may come. */
const INTERIM = 'HTTP/1.1 100 Continue\r\n\r\n';

interface Target {
  readonly port: number;
  readonly origin: string;
}

interface RawOptions {
  /** Milliseconds between two parts. */
  readonly pause?: number;
  /** Whether the caller says that nothing more will come. */
  readonly end?: boolean;
}

/**
 * Sends the parts, each character one byte, and reads until the service has answered or closed the connection. An
 * answer that keeps the connection open is complete by its Content-Length.
 * @returns the first answer, or undefined when the connection was closed without one.
 */
export async function sendRaw(
  { port, origin }: Target,
  parts: string | readonly string[],
  { pause = 20, end = false }: RawOptions = {},
): Promise<Answer | undefined> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const isHead = [parts].flat().at(0)?.startsWith('HEAD ') ?? false;
  let received = '';
  let isAnswered = false;
  const answered = new Promise<void>((resolve) => {
    socket.setEncoding('latin1').on('data', (text: string) => {
      received = (received + text).replace(INTERIM, '');
      if (isComplete(received, isHead)) resolve();
    });
    socket.once('end', resolve).once('close', () => resolve());
  });
  void answered.then(() => {
    isAnswered = true;
  });
  // The service may close the connection while it is still written to; what it said is what counts.
  socket.on('error', () => {});
  try {
    await once(socket, 'connect');
    for (const [index, part] of [parts].flat().entries()) {
      if (index > 0) await sleep(pause);
      if (isAnswered) break;
      socket.write(part, 'latin1');
    }
    if (end) socket.end();
    await Promise.race([answered, sleep(PATIENCE, undefined, { ref: false })]);
    if (!isAnswered) throw new Error(`no whole answer in ${PATIENCE} ms: ${JSON.stringify(received)}`);
    return received === '' ? undefined : parseAnswer(received, origin);
  } finally {
    socket.destroy();
  }
}

/** Like {@link sendRaw}, for requests that must be answered. */
export async function sendRawAnswered(
  target: Target,
  parts: string | readonly string[],
  options?: RawOptions,
): Promise<Answer> {
  const answer = await sendRaw(target, parts, options);
  if (answer === undefined) throw new Error('the connection was closed without an answer');
  return answer;
}

/** The head of a request, to which a body may be appended. */
export function rawHead(method: string, target: string, headers: readonly string[] = []): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: cars.example', ...headers, '', ''].join('\r\n');
}

function isComplete(received: string, isHead: boolean): boolean {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  if (rest.length === 0) return false;
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  return isHead || (length !== undefined && rest.join('\r\n\r\n').length >= Number(length));
}

/** @param received all bytes of one answer, each as one character */
export function parseAnswer(received: string, origin: string): Answer {
  const end = received.indexOf('\r\n\r\n');
  const [statusLine = '', ...fields] = received.slice(0, end).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1];
  if (end === -1 || status === undefined) throw new Error(`not an answer: ${JSON.stringify(received)}`);
  const headers = new Headers(
    fields.map((field): [string, string] => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    }),
  );
  return {
    status: Number(status),
    headers,
    body: Buffer.from(received.slice(end + 4), 'latin1').toString(),
    origin,
  };
}
