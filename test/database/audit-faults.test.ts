/** A change and its audit entry are written together or not at all, even if one write fails. */
// Proves: complete-history

import { expect, it } from 'vitest';
import { ENGINES, makeDatabase } from '../process/databases.ts';
import { aCar, aRequest } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';

// Proves: incomplete-history
it.each(ENGINES)(
  'writes neither the change nor its entry if the entry cannot be written, on %s',
  async (engine) => {
    const database = await makeDatabase(engine);
    const opened = await openStarted(database.url);
    const { cars } = opened;
    await cars.create(aRequest(), aCar());
    await cars.create(aRequest(), aCar());
    await database.query('ALTER TABLE car_changes RENAME TO elsewhere');
    const key = { caller: 'ann', key: 'k' };
    for (const change of [
      () => cars.create(aRequest(), aCar()),
      () => cars.create(aRequest(), aCar(), key),
      () => cars.update(aRequest(), 1, { year: 1990 }),
      () => cars.delete(aRequest(), 2),
    ]) {
      await expect(change()).rejects.toThrow();
      expect(await cars.count(aRequest(), {})).toBe(2);
    }
    expect(await cars.get(aRequest(), 1)).toEqual({ ...aCar(), id: 1, version: 1 });

    await database.query('ALTER TABLE elsewhere RENAME TO car_changes');
    // The key was not kept either.
    expect(await cars.create(aRequest(), aCar(), key)).toMatchObject({ replayed: false });
    expect(await cars.update(aRequest(), 1, { year: 1990 })).toMatchObject({ version: 2 });
    const entries = await database.query('SELECT kind FROM car_changes ORDER BY id');
    expect(entries.map(({ kind }) => kind)).toEqual(['created', 'created', 'created', 'updated']);
    await opened.close();
  },
);

it('writes nothing for the one request whose entry MySQL rejects, and change and entry for the rest of its batch', async () => {
  const database = await makeDatabase('MySQL');
  const opened = await openStarted(database.url);
  const { cars } = opened;
  await Promise.all([1, 2, 3].map(() => cars.create(aRequest(), aCar())));
  await database.query(
    "CREATE TRIGGER refuse BEFORE INSERT ON car_changes FOR EACH ROW IF NEW.caller = 'bad' THEN SIGNAL SQLSTATE '45000'; END IF",
  );
  const callers = ['a', 'bad', 'c'].map((caller) => ({ caller, requestId: 'r' }));
  const outcomes = await Promise.allSettled([
    ...callers.map((author) => cars.create(aRequest(author), aCar({ brand: author.caller }))),
    ...callers.map((author) =>
      cars.create(aRequest(author), aCar({ brand: `${author.caller}-keyed` }), {
        caller: author.caller,
        key: 'k',
      }),
    ),
    ...callers.map((author, index) => cars.update(aRequest(author), index + 1, { year: 1990 })),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(
    [1, 2, 3].flatMap(() => ['fulfilled', 'rejected', 'fulfilled']),
  );
  const rows = await database.query('SELECT id, brand, version FROM cars ORDER BY brand, id');
  expect(rows.map(({ brand, version }) => `${brand} ${version}`)).toEqual([
    'Volkswagen 2',
    'Volkswagen 1',
    'Volkswagen 2',
    'a 1',
    'a-keyed 1',
    'c 1',
    'c-keyed 1',
  ]);
  const entries = await database.query(
    'SELECT car_id, MAX(version) AS version FROM car_changes GROUP BY car_id',
  );
  expect(entries).toHaveLength(rows.length);
  for (const { id, version } of rows) expect(entries).toContainEqual({ car_id: id, version });
  await opened.close();
});
