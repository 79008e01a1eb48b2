/** Uses the packed client as a program of somebody else does. */

import { ConflictError, createCarsClient, ProblemError } from 'cars-api-client';

declare const process: { argv: string[]; env: Record<string, string>; versions: { node: string } };

const { BASE_URL: url = '', API_KEY: apiKey = '' } = process.env;
const node = process.argv[2] ?? '';
const cars = createCarsClient({ url, apiKey: async () => apiKey });

function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(what);
}

async function failureOf(operation: Promise<unknown>): Promise<unknown> {
  return operation.then(
    () => undefined,
    (error: unknown) => error,
  );
}

expect(`Node ${node} runs`, process.versions.node.startsWith(`${node}.`));
const brand = `Node ${node}`;
const golf = await cars.create({ brand, model: 'Golf', year: 2018 });
const newer = await cars.update(golf.id, { year: 2020 }, { ifMatch: golf.etag });
const conflict = await failureOf(cars.delete(golf.id, { ifMatch: golf.etag }));
expect('a conflict has the car', conflict instanceof ConflictError && conflict.current?.etag === newer?.etag);
const missing = await failureOf(cars.get(1));
expect('a missing car is a problem', missing instanceof ProblemError && missing.code === 'car-not-found');

const rows = Array.from({ length: 2500 }, (_, n) => ({ brand, model: `M${n}`, year: 1900 + (n % 200) }));
let created = 0;
for await (const report of cars.createMany(rows, { name: brand })) created += report.created;
expect('all rows are created', created === rows.length);

let listed = 0;
for await (const car of cars.list({ brand: [brand], sort: ['-year'] })) listed += car.brand === brand ? 1 : 0;
let exported = 0;
for await (const car of cars.export({ brand })) exported += car.brand === brand ? 1 : 0;
expect('all cars are listed and exported', listed === 2501 && exported === 2501);

const [count] = await cars.counts({ by: 'brand', brand });
expect('the cars are counted', count?.cars === 2501);
expect('the key may write', JSON.stringify(await cars.me()).includes('cars:write'));
for await (const { change } of cars.history(golf.id))
  expect('a change', ['created', 'updated'].includes(change));

const abort = new AbortController();
abort.abort(new Error('enough'));
const reason = await failureOf(cars.page({}, { signal: abort.signal }));
expect('an abort has its reason', reason instanceof Error && reason.message === 'enough');
