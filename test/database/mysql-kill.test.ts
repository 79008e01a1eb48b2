/** After a failover, the number of a connection means somebody else's: the service must not kill it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection as Stranger } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import type { MysqlConfig } from '../../src/config/database.ts';
import { openConnection } from '../../src/database/mysql/connection.ts';
import { queryRows } from '../../tools/mysql-client.ts';
import { startServer } from '../../tools/mysql-server.ts';
import type { OwnServer } from '../../tools/own-server.ts';
import { createTestDatabase } from '../support/test-database.ts';

let servers: OwnServer[];

beforeAll(async () => {
  servers = await Promise.all([startServer(), startServer()]);
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

async function isAlive(server: OwnServer | undefined, id: number): Promise<boolean> {
  const sql = `SELECT 1 FROM information_schema.processlist WHERE id = ${id}`;
  return (await queryRows(server?.url ?? '', sql)).length > 0;
}

/** Opens connections until one has this number. */
async function openStranger(server: OwnServer | undefined, id: number): Promise<Stranger> {
  for (;;) {
    const stranger = await createConnection({ uri: server?.url ?? '' });
    const { threadId } = stranger;
    if (threadId === id) return stranger;
    stranger.destroy();
    if (threadId > id) throw new Error(`the server is at ${threadId} already`);
  }
}

it.each([
  ['kills its own statement that takes too long', 0, false],
  ['spares the connection of somebody else that has the same number on another server', 1, true],
])('%s', async (_, target, spared) => {
  const [first, second] = servers;
  const created = await createTestDatabase(first?.url);
  const config = { ...(parseConfig({ DATABASE_URL: created.url }).database as MysqlConfig) };
  // Far enough ahead of the other server.
  for (let opened = 0; opened < 40; opened += 1) await queryRows(first?.url ?? '', 'DO 1');
  const connection = await openConnection(config);
  const [[id]] = await connection.run<[[number]]>('SELECT CONNECTION_ID()');
  const stranger = spared ? await openStranger(second, id) : undefined;
  Object.assign(config, { port: servers[target]?.port });
  connection.setDeadline(performance.now() + 200);
  await expect(connection.run('DO SLEEP(20)')).rejects.toThrow('no answer');
  await sleep(700);
  expect(await isAlive(servers[target], id)).toBe(spared);
  stranger?.destroy();
});
