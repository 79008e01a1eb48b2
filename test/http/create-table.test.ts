/** GET /create-table: it migrates where the service migrates by itself; elsewhere it tells whether that was done. */

import { describe, expect, it } from 'vitest';
import { createTestDatabase, createTestFile } from '../support/test-database.ts';
import { expectProblem } from './expect-problem.ts';
import { startApp } from './start-app.ts';

const CREATED = 'Tabla cars creada';

describe.each([
  {
    engine: 'SQLite',
    createDatabase: async () => createTestFile(),
    tables: "SELECT name FROM sqlite_schema WHERE name = 'cars'",
  },
  {
    engine: 'MySQL',
    createDatabase: createTestDatabase,
    tables:
      "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'cars'",
  },
])('GET /create-table on $engine', ({ createDatabase, tables }) => {
  it('with MIGRATE_ON_START=false answers 503 while the tables are missing, and 200 once they exist', async () => {
    const database = await createDatabase();
    const env = { DATABASE_URL: database.url, MIGRATE_ON_START: 'false' };
    const app = await startApp(env, { database: 'begin' });
    try {
      await expectProblem(await app.get('/create-table'), 'unavailable');
      expect((await app.head('/create-table')).status).toBe(503);
      await expectProblem(await app.get('/readyz'), 'unavailable');
      await expectProblem(await app.get('/cars'), 'unavailable');
      expect((await app.get('/healthz')).status).toBe(200);
      expect(await database.query(tables)).toEqual([]);

      const migrating = await startApp({ DATABASE_URL: database.url });
      await migrating.stop();

      const answer = await app.get('/create-table');
      expect([answer.status, answer.body]).toEqual([200, CREATED]);
      expect((await app.head('/create-table')).status).toBe(200);
      expect((await app.get('/readyz')).status).toBe(200);
      expect((await app.get('/cars')).body).toBe('[]');
    } finally {
      await app.stop();
      await database.drop();
    }
  });

  it('creates the tables on GET, even for many concurrent requests', async () => {
    const database = await createDatabase();
    const app = await startApp({ DATABASE_URL: database.url }, { database: 'leave' });
    try {
      // Even a service that may migrate does not do it for a HEAD, which must change nothing.
      expect((await app.head('/create-table')).status).toBe(503);
      expect(await database.query(tables)).toEqual([]);
      const answers = await Promise.all(Array.from({ length: 10 }, () => app.get('/create-table')));
      expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(
        new Set([`200 ${CREATED}`]),
      );
      expect(await database.query(tables)).toHaveLength(1);
    } finally {
      await app.stop();
      await database.drop();
    }
  });
});
