/** What a service must do, in the order in which a caller would notice: design and statuses are those of openapi.json. */

import { deepEqual } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Caller } from './caller.ts';

const CAR = { brand: 'Smoke test', model: 'Removed at once', year: 2018 };

/** Seconds for a name to be known and a load balancer to have targets; what is called afterwards must work at the first try. */
const PATIENCE = 60;

/**
 * Throws an error that names the call and shows its answer.
 * @param say one line for each thing that works.
 */
export async function checkService(call: Caller, say: (line: string) => void): Promise<void> {
  const alive = await untilAlive(call);
  say(`alive: version ${member(alive, 'version')}`);
  await call(200, '/readyz');
  say('ready: the database answers');

  const create = {
    method: 'POST',
    body: CAR,
    headers: { 'idempotency-key': `smoke-test-${randomUUID()}` },
  } as const;
  // A create whose answer got lost may have made a car; the same key finds it.
  const created = await call(201, '/cars', create).catch(async (error) => {
    await call(201, '/cars', create).then(
      (late) => remove(call, late),
      () => {},
    );
    throw error;
  });
  try {
    await useCar(call, created, create, say);
  } catch (error) {
    await remove(call, created).catch(() => {});
    throw error;
  }
  await remove(call, created);
  await call(404, pathOf(created));
  say('deleted, and gone');
}

async function useCar(
  call: Caller,
  created: Answer,
  create: object,
  say: (line: string) => void,
): Promise<void> {
  const path = pathOf(created);
  const id = Number(member(created, 'id'));
  expectSame('the created car', JSON.parse(created.body), { ...CAR, id });
  const again = await call(201, '/cars', create);
  expectSame('the car of a repeated Idempotency-Key', JSON.parse(again.body), { ...CAR, id });
  say(`created once: ${path}`);

  const read = await call(200, path);
  expectSame('the car that was read', JSON.parse(read.body), { ...CAR, id });
  say('read');

  const change = {
    method: 'PATCH',
    body: { year: 2019 },
    headers: { 'if-match': read.headers.get('etag') ?? '' },
  } as const;
  const changed = await call(200, path, change);
  expectSame('the changed car', JSON.parse(changed.body), { ...CAR, id, year: 2019 });
  await call(412, path, change);
  say('changed once: the second change of the same version was refused');
}

async function untilAlive(call: Caller): Promise<Answer> {
  for (const deadline = performance.now() + PATIENCE * 1000; ; ) {
    try {
      return await call(200, '/healthz');
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(1000);
    }
  }
}

async function remove(call: Caller, created: Answer): Promise<void> {
  await call(204, pathOf(created), { method: 'DELETE' });
}

function pathOf(created: Answer): string {
  return `/cars/${member(created, 'id')}`;
}

function member({ body }: Answer, name: string): unknown {
  const value: unknown = JSON.parse(body)[name];
  if (value === undefined) throw new Error(`an answer lacks "${name}": ${body.slice(0, 500)}`);
  return value;
}

function expectSame(what: string, is: unknown, expected: unknown): void {
  try {
    deepEqual(is, expected);
  } catch {
    throw new Error(`${what} is ${JSON.stringify(is)} instead of ${JSON.stringify(expected)}`);
  }
}
