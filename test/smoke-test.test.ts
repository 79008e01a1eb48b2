/** The smoke test (scripts/smoke-test.ts), against the real service and against ones that fail. */

import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ENGINES, useApp } from './http/start-app.ts';
import { type Settings, watch, withPath } from './process/start-service.ts';

async function smokeTest(words: readonly string[], settings: Settings = {}) {
  const child = spawn(process.execPath, ['scripts/smoke-test.ts', ...words], { env: withPath(settings) });
  return watch(child).ended;
}

/** Starts a proxy to the real service that answers some requests itself. Returns its URL and what it received. */
async function stand(
  origin: string,
  answer: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<{ url: string; sent: IncomingMessage[] }> {
  const sent: IncomingMessage[] = [];
  const server = createServer(async (request, response) => {
    sent.push(request);
    if (answer(request, response)) return;
    const body: Buffer[] = [];
    for await (const part of request) body.push(part);
    const { host, connection, ...headers } = request.headers as Record<string, string>;
    const real = await fetch(origin + request.url, {
      method: request.method ?? 'GET',
      headers,
      ...(body.length > 0 && { body: new Uint8Array(Buffer.concat(body)) }),
    });
    const etag = real.headers.get('etag');
    const text = await real.text();
    if (!response.destroyed) response.writeHead(real.status, etag === null ? {} : { etag }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

describe.each(ENGINES)('on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  it('succeeds on a service that works, and leaves no car behind', async () => {
    const { code, stdout, stderr } = await smokeTest([`${(await stand(app().origin, () => false)).url}/`]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^alive: version \d.*\nready.*\ncreated once.*\nread\nchanged once.*\ndeleted.*\nhttp\S+ works\n$/,
    );
    expect((await app().get('/cars')).body).toBe('[]');
  });
});

describe('fails, prints the request and its answer, and leaves no car behind', () => {
  const app = useApp();
  const never = () => false;

  it.each([
    {
      fault: 'reads fail',
      method: 'GET',
      path: /^\/cars\/\d+$/,
      status: 500,
      says: /GET \/cars\/\d+ answered 500 instead of 200: broken/,
    },
    {
      fault: 'changes fail',
      method: 'PATCH',
      path: /./,
      status: 503,
      says: /PATCH \/cars\/\d+ answered 503 instead of 200/,
    },
    {
      fault: 'the service is not ready',
      method: 'GET',
      path: /readyz/,
      status: 503,
      says: /GET \/readyz answered 503 instead of 200/,
    },
    {
      fault: 'the service returns another car',
      method: 'GET',
      path: /^\/cars\/\d+$/,
      status: 200,
      says: /the car that was read is \{\} instead of/,
    },
  ])('when $fault', async ({ method, path, status, says }) => {
    const { url } = await stand(app().origin, (request, response) => {
      if (request.method !== method || !path.test(request.url ?? '')) return false;
      response.writeHead(status).end(status === 200 ? '{}' : 'broken');
      return true;
    });
    const { code, stderr } = await smokeTest([url]);
    expect(stderr).toMatch(says);
    expect(code).toBe(1);
    expect((await app().get('/cars')).body).toBe('[]');
  });

  it('when the service ignores If-Match', async () => {
    const { url } = await stand(app().origin, (request) => {
      delete request.headers['if-match'];
      return false;
    });
    const { code, stderr } = await smokeTest([url]);
    expect(stderr).toMatch(/PATCH \/cars\/\d+ answered 200 instead of 412/);
    expect(code).toBe(1);
    expect((await app().get('/cars')).body).toBe('[]');
  });

  it('when the answer to the create is lost', async () => {
    let lost = false;
    const { url } = await stand(app().origin, (request, response) => {
      // The real service gets the request, but its answer is lost.
      if (request.method === 'POST' && !lost) {
        lost = true;
        request.once('end', () => setTimeout(() => response.destroy(), 500));
        Object.assign(response, { writeHead: () => ({ end: () => {} }) });
      }
      return false;
    });
    const { code, stderr } = await smokeTest([url]);
    expect(stderr).toMatch(/POST \/cars failed/);
    expect(code).toBe(1);
    expect((await app().get('/cars')).body).toBe('[]');
  });

  it('sends the key with each request, and never prints it', async () => {
    const { url, sent } = await stand(app().origin, never);
    const { code, stdout, stderr } = await smokeTest([url], { CARS_API_KEY: 'secret-key' });
    expect(code).toBe(0);
    expect(sent.length).toBeGreaterThan(7);
    for (const { headers } of sent) expect(headers.authorization).toBe('Bearer secret-key');
    expect(stdout + stderr).not.toContain('secret-key');
  });
});

it.each([[[]], [['cars.example.com']], [['http://127.0.0.1:1', 'more']]])(
  'exits with 2 on wrong usage: %j',
  async (words) => {
    expect(await smokeTest(words)).toMatchObject({
      code: 2,
      stderr: 'smoke-test: expected one http or https URL\nTry --help.\n',
    });
  },
);
