/** The loader with unexpected answers and failed connections. */

import { appendFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../tools/free-port.ts';
import { type CsvFolder, createCsvFolder, csvOf } from './csv-folder.ts';
import { runLoad, startLoad } from './run-load.ts';
import { created, problem, type ScriptedService, scriptService } from './scripted-service.ts';

let csv: CsvFolder;
let oneRow: string;

beforeAll(async () => {
  csv = await createCsvFolder();
  oneRow = await csv.write(csvOf('One', 1));
});
afterAll(() => csv.remove());

/** Expects that each attempt had the same body and key. */
function expectSameRequests({ received }: ScriptedService, count: number): void {
  expect(received).toHaveLength(count);
  expect(new Set(received.map(({ body, idempotencyKey }) => `${idempotencyKey} ${body}`)).size).toBe(1);
}

describe('a row is retried with the same key', () => {
  it.each([408, 409, 429, 500, 502, 503, 507])('after %i', async (status) => {
    await using service = await scriptService((response, n) =>
      n === 0 ? problem(response, status) : created(response),
    );
    const run = await runLoad(oneRow, '--url', service.url);
    expect(run).toMatchObject({ exitCode: 0, stderr: '', summary: { created: 1 } });
    expectSameRequests(service, 2);
  });

  it('not before Retry-After', async () => {
    await using service = await scriptService((response, n) =>
      n === 0 ? problem(response, 503, {}, { 'retry-after': '1' }) : created(response),
    );
    await runLoad(oneRow, '--url', service.url);
    const [first, second] = service.received;
    expect((second?.time ?? 0) - (first?.time ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it.each([
    { what: 'before the answer', head: '' },
    { what: 'in the middle of its head', head: 'HTTP/1.1 201 Cre' },
    { what: 'in the middle of its body', head: 'HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{' },
  ])('after the connection broke $what', async ({ head }) => {
    await using service = await scriptService((response, n) => {
      if (n === 0) response.socket?.end(head, () => response.socket?.destroy());
      else created(response, true);
    });
    const run = await runLoad(oneRow, '--url', service.url);
    expect(run).toMatchObject({ exitCode: 0, summary: { created: 0, 'already there': 1 } });
    expectSameRequests(service, 2);
  });
});

describe('the run stops', () => {
  it('when the service stays unavailable, and says how to resume', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`;
    const run = await runLoad(oneRow, '--url', url, '--stall-timeout', '1');
    expect(run).toMatchObject({ exitCode: 1, summary: { created: 0, left: 1 } });
    expect(run.stderr).toMatch(
      /^load: stopped: no progress for 1 s; .*ECONNREFUSED.* To resume, repeat the same command/,
    );
  });

  it('when Retry-After is longer than the stall timeout', async () => {
    await using service = await scriptService((response) =>
      problem(response, 429, { detail: 'Too many' }, { 'retry-after': '99999999999' }),
    );
    const run = await runLoad(oneRow, '--url', service.url, '--stall-timeout', '1');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('last problem: Too many (429)');
    expect(service.received).toHaveLength(1);
  });

  it('when the service accepts the connection and never answers', async () => {
    await using service = await scriptService(() => {});
    const run = await runLoad(oneRow, '--url', service.url, '--stall-timeout', '1');
    expect(run).toMatchObject({ exitCode: 1, summary: { left: 1 } });
  });

  it.each([200, 301, 401, 404, 405])('at once after %i, which every row would get', async (status) => {
    await using service = await scriptService((response) => problem(response, status, { title: 'No' }));
    const file = await csv.write(csvOf('Wrong', 50));
    const run = await runLoad(file, '--url', service.url, '--concurrency', '2');
    expect(run).toMatchObject({ exitCode: 1, summary: { rejected: 0, left: 50 } });
    expect(run.stderr).toContain(`No (${status})`);
    expect(service.received.length).toBeLessThanOrEqual(2);
  });

  it('when the file is changed during the run', async () => {
    const file = await csv.write(csvOf('Changed', 3));
    await using service = await scriptService((response) => {
      appendFileSync(file, 'Changed,Later,2018\n');
      created(response);
    });
    const run = await runLoad(file, '--url', service.url, '--concurrency', '1');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('the file was changed during the run');
  });
});

describe('SIGINT', () => {
  it('lets requests in flight finish and starts no new ones', async () => {
    const inFlight: ServerResponse[] = [];
    await using service = await scriptService((response) => inFlight.push(response));
    const running = startLoad([
      await csv.write(csvOf('Slow', 9)),
      '--url',
      service.url,
      '--concurrency',
      '2',
    ]);
    while (inFlight.length < 2) await sleep(5);
    // On Ctrl-C, the terminal and npm both send the signal.
    for (let twin = 0; twin < 2; twin += 1) {
      running.process.kill('SIGINT');
      await sleep(100);
    }
    for (const response of inFlight) created(response);
    const run = await running.finished;
    expect(run).toMatchObject({ exitCode: 130, summary: { rows: 9, created: 2, left: 7 } });
    expect(run.stderr).toMatch(/^load: interrupted\. To resume, repeat the same command/);
  });

  it('does not wait for an unavailable service', async () => {
    await using service = await scriptService((response) =>
      problem(response, 503, {}, { 'retry-after': '60' }),
    );
    const running = startLoad([oneRow, '--url', service.url]);
    while (service.received.length < 1) await sleep(5);
    running.process.kill('SIGINT');
    expect(await running.finished).toMatchObject({ exitCode: 130, summary: { left: 1 } });
    expect(service.received).toHaveLength(1);
  });
});

it('removes control characters from the reasons it prints', async () => {
  await using service = await scriptService((response) =>
    problem(response, 422, { detail: '\u001b[2Jgone\nline 9' }),
  );
  const run = await runLoad(oneRow, '--url', service.url);
  expect(run.stderr).toContain('line 2:  [2Jgone line 9 (422)\n');
});
