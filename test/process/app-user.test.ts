/** The command `migrate` creates a database user for the service, with rights on rows only. */

import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { queryRows, serverVersion } from '../../tools/mysql-client.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { makeDatabase } from './databases.ts';
import { runProgram, startService } from './start-service.ts';

/** A database, and a user that `migrate` creates. Both are dropped after the test. */
async function aDatabase() {
  const database = await makeDatabase('MySQL');
  // MySQL allows 32 characters in a user name.
  const user = `app'${randomBytes(6).toString('hex')}`;
  onTestFinished(
    async () => void (await database.query(`DROP USER IF EXISTS '${user.replace("'", "''")}'@'%'`)),
  );
  const as = (password: string) => {
    const url = new URL(database.url);
    url.username = encodeURIComponent(user);
    url.password = encodeURIComponent(password);
    return url.href;
  };
  const migrate = (password: string) =>
    runProgram('commands/migrate.ts', {
      DATABASE_URL: database.url,
      DATABASE_APP_USER: user,
      DATABASE_APP_PASSWORD: password,
    });
  return { database, as, migrate };
}

// Proves: task-taken-over
it('creates a user that can run the service and nothing else', async () => {
  const { as, migrate } = await aDatabase();
  const password = `it's \\ "${randomBytes(6).toString('hex')}" %`;
  expect(await migrate(password)).toMatchObject({ code: 0, stderr: '' });
  expect(await migrate(password)).toMatchObject({ code: 0, stderr: '' });

  const service = await startService({ DATABASE_URL: as(password), MIGRATE_ON_START: 'false' });
  const car = JSON.stringify({ brand: 'Volkswagen', model: 'Golf', year: 2018 });
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'one' };
  const send = (method: string, path: string) =>
    fetchWithRetries(`${service.url}${path}`, {
      method,
      headers,
      ...(method === 'GET' ? {} : { body: car }),
    });
  expect((await send('POST', '/cars')).status).toBe(201);
  expect((await send('PUT', '/cars/1')).status).toBe(200);
  expect((await send('GET', '/cars?brand=volkswagen&count=exact')).headers.get('x-total-count')).toBe('1');
  expect((await fetchWithRetries(`${service.url}/cars/1`, { method: 'DELETE' })).status).toBe(204);
  expect((await send('GET', '/readyz')).status).toBe(200);

  for (const forbidden of [
    'UPDATE car_changes SET caller = 1',
    'DELETE FROM car_changes',
    'UPDATE schema_migrations SET version = 9',
    'INSERT INTO schema_migrations SELECT * FROM schema_migrations WHERE FALSE',
    'DELETE FROM schema_migrations',
    'UPDATE api_keys SET hash = 1',
    'DELETE FROM api_keys',
    'UPDATE idempotency_keys SET car_id = 2',
    'CREATE TABLE more (id INT)',
    'DROP TABLE cars',
    'ALTER TABLE cars ADD COLUMN more INT',
    "CREATE USER 'another'",
    'SELECT * FROM mysql.user',
  ]) {
    await expect(queryRows(as(password), forbidden), forbidden).rejects.toThrow(/denied/);
  }
});

it('takes from an existing user the rights on all tables that earlier releases granted', async () => {
  const { database, as, migrate } = await aDatabase();
  await migrate('a password');
  const user = decodeURIComponent(new URL(as('a password')).username).replace("'", "''");
  await queryRows(
    database.url,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${new URL(database.url).pathname.slice(1)}.* TO '${user}'@'%'`,
  );
  expect(await queryRows(as('a password'), 'DELETE FROM car_changes')).toBeDefined();
  expect(await migrate('a password')).toMatchObject({ code: 0, stderr: '' });
  await expect(queryRows(as('a password'), 'DELETE FROM car_changes')).rejects.toThrow(/denied/);
});

it('grants rights on every table', async () => {
  const { database, as, migrate } = await aDatabase();
  await migrate('a password');
  const tables = (url: string) =>
    queryRows(
      url,
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1',
    );
  expect(await tables(as('a password'))).toEqual(await tables(database.url));
});

it('changes the password; on MySQL the old one remains valid as well', async () => {
  const { database, as, migrate } = await aDatabase();
  await migrate('old password');
  expect(await migrate('new password')).toMatchObject({ code: 0, stderr: '' });
  expect(await queryRows(as('new password'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  const isMariadb = (await serverVersion(database.url)).includes('MariaDB');
  const old = queryRows(as('old password'), 'SELECT 1 AS one');
  if (isMariadb) await expect(old).rejects.toThrow(/denied/);
  else expect(await old).toEqual([{ one: 1 }]);
});

it('creates a user for sign-in by IAM, with the plugin that only RDS and Aurora have', async () => {
  const { database } = await aDatabase();
  const ended = await runProgram('commands/migrate.ts', {
    DATABASE_URL: database.url,
    DATABASE_APP_USER: `iam_${randomBytes(6).toString('hex')}`,
    DATABASE_APP_AUTH: 'iam',
  });
  expect(ended).toMatchObject({
    code: 1,
    stderr: "Plugin 'AWSAuthenticationPlugin' is not loaded\n",
  });
});

it('does not take the password from a user that exists, when it should sign in by IAM', async () => {
  const { database, as, migrate } = await aDatabase();
  await migrate('a password');
  const user = decodeURIComponent(new URL(as('a password')).username);
  const ended = await runProgram('commands/migrate.ts', {
    DATABASE_URL: database.url,
    DATABASE_APP_USER: user,
    DATABASE_APP_AUTH: 'iam',
  });
  expect(ended.code).toBe(1);
  expect(await queryRows(as('a password'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('exits with 1 and prints the reason when it may not create users', async () => {
  const { as, migrate } = await aDatabase();
  await migrate('a password');
  const ended = await runProgram('commands/migrate.ts', {
    DATABASE_URL: as('a password'),
    DATABASE_APP_USER: 'somebody',
    DATABASE_APP_PASSWORD: 'a secret of somebody',
  });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/denied/);
  expect(ended.stdout + ended.stderr).not.toContain('a secret of somebody');
});
