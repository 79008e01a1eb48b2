/**
 * The disk of the embedded database fills up under reads and writes, and has room again, three
 * times.
 */
// Proves: full-disk

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Answer, createCaller } from './caller.ts';
import { record } from './figures.ts';
import { untilServed, watchLife } from './lifeline.ts';
import { startOnSmallDisk } from './small-disk.ts';

/** Far more than the cars need, so that only the ballast fills it. */
const MEGABYTES = 64;
const WRITERS = 16;
const TIMES = 3;

/** Calls of each kind against the full disk; enough that each meets it. */
const ASKED = 20;

it('rejects writes and serves reads while the disk is full, loses nothing, and recovers without help', async () => {
  const { service, folder } = await startOnSmallDisk(MEGABYTES);
  const caller = createCaller(service.url, WRITERS);
  const prober = createCaller(service.url, 4);
  const life = watchLife(prober);

  /** Cars that were acknowledged, by id. */
  const acknowledged = new Map<number, string>();
  const unexpected: string[] = [];
  const refusals = new Map<string, number>();
  const note = ({ status, text, headers }: Answer, served: number) => {
    if (status === served) return;
    const code = status === 507 || status === 503 ? JSON.parse(text).type : undefined;
    if (code === undefined || !String(headers['content-type']).startsWith('application/problem+json'))
      unexpected.push(`${status}: ${text}`);
    refusals.set(`${status}`, (refusals.get(`${status}`) ?? 0) + 1);
  };
  let created = 0;
  const create = async () => {
    created += 1;
    const model = `number ${created} ${'x'.repeat(50)}`;
    const call = { method: 'POST', path: '/cars', body: { brand: 'Seat', model, year: 2001 } };
    const answer = await caller.send({ ...call, headers: { 'idempotency-key': model } });
    note(answer, 201);
    if (answer.status === 201) acknowledged.set(JSON.parse(answer.text).id, model);
    return answer.status;
  };
  let writing = true;
  const write = async () => {
    while (writing) {
      await create();
      await sleep(20);
    }
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, write));

  let readsFailed = 0;
  let reads = 0;
  let longestBack = 0;
  let acceptedWhenFull = 0;
  const ballast = join(folder, 'ballast');
  for (let time = 0; time < TIMES; time += 1) {
    await sleep(300);
    fill(ballast);
    // What the log and the table had left over is used up first.
    await untilRefused(create);
    for (let ask = 0; ask < ASKED; ask += 1) {
      if ((await create()) === 201) acceptedWhenFull += 1;
      const [id] = [...acknowledged.keys()].slice(-1 - ask);
      for (const path of [`/cars/${id}`, '/cars?limit=10&sort=-year', '/readyz']) {
        reads += 1;
        if ((await prober.send({ path })).status !== 200) readsFailed += 1;
      }
    }
    rmSync(ballast);
    const again = {
      method: 'PATCH',
      path: `/cars/${[...acknowledged.keys()][0]}`,
      body: { year: 2001 + time },
    };
    longestBack = Math.max(longestBack, await untilServed(prober, again));
  }
  writing = false;
  await Promise.all([writers, life.stop()]);
  expect(await create()).toBe(201);

  const { integrity, lost, stored } = inspect(folder, acknowledged);
  for (const each of [caller, prober]) each.close();
  record(`disk of the embedded database full ${TIMES} times, ${WRITERS} writers`, {
    'writes acknowledged': acknowledged.size,
    'acknowledged but lost': lost,
    'stored without having been acknowledged': stored - acknowledged.size,
    'writes rejected': [...refusals].map(([status, times]) => `${times} with ${status}`).join(', '),
    'reads that failed while the disk was full': `${readsFailed} of ${reads}`,
    'health checks failed': `${life.dead} of ${life.asked}`,
    'longest time until writes succeeded, after space was freed': `${(longestBack / 1000).toFixed(2)} s`,
    'restarts of the service': service.child.exitCode === null ? 0 : 1,
    'integrity check': integrity,
  });
  expect({ integrity, lost, stored, unexpected, readsFailed, dead: life.dead }).toEqual({
    integrity: 'ok',
    lost: 0,
    stored: acknowledged.size,
    unexpected: [],
    readsFailed: 0,
    dead: 0,
  });
  // Else the disk was not full.
  expect(refusals.get('507')).toBeGreaterThan(TIMES * ASKED);
  expect(acceptedWhenFull).toBeLessThan(TIMES * ASKED);
  expect(longestBack).toBeLessThan(2000);
  expect(await service.stop()).toMatchObject({ code: 0 });
});

/** Writes until there is no room for one byte more. */
function fill(file: string): void {
  for (const size of [65_536, 4096]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

async function untilRefused(create: () => Promise<number>): Promise<void> {
  const begun = performance.now();
  while ((await create()) === 201) {
    if (performance.now() - begun > 30_000)
      throw new Error('the disk is full, and writes are accepted for 30 s');
  }
}

/**
 * Looks into a copy of the files: SQLite would resolve the way to the other namespace and miss it.
 * Nobody writes now.
 */
function inspect(disk: string, acknowledged: ReadonlyMap<number, string>) {
  const copies = mkdtempSync(join(tmpdir(), 'cars-api-disk-copy-'));
  for (const name of ['cars.db', 'cars.db-wal']) copyFileSync(join(disk, name), join(copies, name));
  const connection = new DatabaseSync(join(copies, 'cars.db'));
  try {
    const [check] = connection.prepare('PRAGMA integrity_check').all();
    const rows = connection.prepare('SELECT id, model FROM cars').all();
    const models = new Map(rows.map((row) => [Number(row['id']), row['model']]));
    const lost = [...acknowledged].filter(([id, model]) => models.get(id) !== model).length;
    return { integrity: String(check?.['integrity_check']), lost, stored: rows.length };
  } finally {
    connection.close();
    rmSync(copies, { recursive: true });
  }
}
