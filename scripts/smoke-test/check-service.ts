/** The checks of the smoke test, in order. Statuses and bodies follow openapi.json. */

import { deepEqual } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CarFields } from '../../src/cars/car.ts';
import type { Answer, Client } from './client.ts';

const CAR: CarFields = { brand: 'Smoke test', model: 'Removed at once', year: 2018 };

/** Seconds to wait for DNS and the load balancer. Only the first request is retried. */
const START_TIMEOUT = 60;

/**
 * Throws an error that shows the request and its answer.
 * @param print receives one line for each check that passed.
 */
export async function checkService(call: Client, print: (line: string) => void): Promise<void> {
  const alive = await untilAlive(call);
  print(`alive: version ${member(alive, 'version')}`);
  await call(200, '/readyz');
  print('ready: the database answers');

  const create = {
    method: 'POST',
    body: CAR,
    headers: { 'idempotency-key': `smoke-test-${randomUUID()}` },
  } as const;
  // If the answer got lost, the car may exist. Repeat with the same key to find it, and delete it.
  const created = await call(201, '/cars', create).catch(async (error) => {
    await call(201, '/cars', create).then(
      (late) => remove(call, late),
      () => {},
    );
    throw error;
  });
  try {
    await useCar(call, created, create, print);
  } catch (error) {
    await remove(call, created).catch(() => {});
    throw error;
  }
  await remove(call, created);
  await call(404, pathOf(created));
  print('deleted: it is not found any more');
}

async function useCar(
  call: Client,
  created: Answer,
  create: object,
  print: (line: string) => void,
): Promise<void> {
  const path = pathOf(created);
  const id = Number(member(created, 'id'));
  expectSame('the created car', JSON.parse(created.body), { ...CAR, id });
  const again = await call(201, '/cars', create);
  expectSame('the car of a repeated Idempotency-Key', JSON.parse(again.body), { ...CAR, id });
  print(`created once: ${path}`);

  const read = await call(200, path);
  expectSame('the car that was read', JSON.parse(read.body), { ...CAR, id });
  print('read');

  const change = {
    method: 'PATCH',
    body: { year: 2019 },
    headers: { 'if-match': read.headers.get('etag') ?? '' },
  } as const;
  const changed = await call(200, path, change);
  expectSame('the changed car', JSON.parse(changed.body), { ...CAR, id, year: 2019 });
  await call(412, path, change);
  print('changed once: a second change of the same version was rejected');
}

async function untilAlive(call: Client): Promise<Answer> {
  for (const deadline = performance.now() + START_TIMEOUT * 1000; ; ) {
    try {
      return await call(200, '/healthz');
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(1000);
    }
  }
}

async function remove(call: Client, created: Answer): Promise<void> {
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
