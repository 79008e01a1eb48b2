/** The loader with unexpected answers and failed connections. */

import { appendFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../tools/free-port.ts';
import { type CsvFolder, createCsvFolder, csvOf } from './csv-folder.ts';
import { runLoad, startLoad } from './run-load.ts';
import { created, problem, scriptService } from './scripted-service.ts';

let csv: CsvFolder;
let oneRow: string;

beforeAll(async () => {
  csv = await createCsvFolder();
  oneRow = await csv.write(csvOf('One', 1));
});
afterAll(() => csv.remove());

describe('the run stops', () => {
  it('when the service stays unavailable, and says how to resume', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`;
    const run = await runLoad(oneRow, '--url', url, '--stall-timeout', '1');
    expect(run).toMatchObject({ exitCode: 1, summary: { created: 0, left: 1 } });
    expect(run.stderr).toMatch(
      /^load: stopped: no complete answer: .*ECONNREFUSED.*; check --url. To resume, run the same command again/,
    );
  });

  it('when Retry-After is longer than the stall timeout', async () => {
    await using service = await scriptService((response) =>
      problem(response, 429, { type: 'about:blank', detail: 'Too many' }, { 'retry-after': '99999999999' }),
    );
    const run = await runLoad(oneRow, '--url', service.url, '--stall-timeout', '1');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('load: stopped: Too many (429)');
    expect(service.received).toHaveLength(1);
  });

  it('when the service accepts the connection and never answers', async () => {
    await using service = await scriptService(() => {});
    const run = await runLoad(oneRow, '--url', service.url, '--stall-timeout', '1');
    expect(run).toMatchObject({ exitCode: 1, summary: { left: 1 } });
  });

  it.each([401, 403, 404, 405, 500])('at once after %i', async (status) => {
    await using service = await scriptService((response) =>
      problem(response, status, { type: '/docs/problems/no', detail: 'No' }),
    );
    const file = await csv.write(csvOf('Wrong', 50));
    const run = await runLoad(file, '--url', service.url);
    expect(run).toMatchObject({ exitCode: 1, summary: { rejected: 0, left: 50 } });
    expect(run.stderr).toContain(`No (${status})`);
    expect(service.received).toHaveLength(1);
  });

  it('when the file is changed during the run', async () => {
    const file = await csv.write(csvOf('Changed', 20_000));
    await using service = await scriptService((response) => {
      appendFileSync(file, 'Changed,Later,2018\n');
      created(response, 1000);
    });
    const run = await runLoad(file, '--url', service.url);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('the file was changed during the run');
  });
});

describe('SIGINT', () => {
  it.each<{ what: string; answer: (response: ServerResponse) => void }>([
    { what: 'a service that does not answer', answer: () => {} },
    {
      what: 'an unavailable service',
      answer: (response) => problem(response, 503, {}, { 'retry-after': '20' }),
    },
  ])('does not wait for $what', async ({ answer }) => {
    await using service = await scriptService(answer);
    const running = startLoad([oneRow, '--url', service.url]);
    while (service.received.length < 1) await sleep(5);
    // On Ctrl-C, the terminal and npm both send the signal, npm a little later.
    running.process.kill('SIGINT');
    await sleep(1);
    running.process.kill('SIGINT');
    const run = await running.finished;
    expect(run).toMatchObject({ exitCode: 130, summary: { left: 1 } });
    expect(run.stderr).toMatch(/^load: interrupted\. To resume, run the same command again/);
    expect(service.received).toHaveLength(1);
  });
});

it('removes control characters from the reasons it prints', async () => {
  await using service = await scriptService((response) =>
    problem(response, 422, { type: 'about:blank', detail: '\u001b[2Jgone\nline 9' }),
  );
  const run = await runLoad(oneRow, '--url', service.url);
  expect(run.stderr).toContain('load: stopped:  [2Jgone line 9 (422)');
});
