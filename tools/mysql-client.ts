/** Plain connections to a MySQL server, beside those of the service: to wait for it, and to look at what it holds. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

/** Runs `work` on a connection of its own. A text may hold several statements. */
export async function withConnection<Result>(
  url: string,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await createConnection({ uri: url, multipleStatements: true, connectTimeout: 5000 });
  // An error that arrives between two statements is told by the next one.
  connection.on('error', () => {});
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}

/** Runs one statement on a connection of its own; gives its rows. */
export function queryRows(url: string, sql: string): Promise<RowDataPacket[]> {
  return withConnection(url, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  });
}

/** What the server calls itself, for people: `MySQL 8.4.0`, `MariaDB 10.11.19-…`. */
export async function serverVersion(url: string): Promise<string> {
  const [row] = await queryRows(url, 'SELECT VERSION() AS version');
  const version = String(row?.['version']);
  return version.includes('MariaDB') ? `MariaDB ${version}` : `MySQL ${version}`;
}

/**
 * Resolves when the server answers.
 * @param problem what makes further waiting useless (the process has ended), asked before each attempt.
 */
export async function untilItAnswers(url: string, problem: () => string | undefined): Promise<void> {
  const patience = Date.now() + 60_000;
  for (;;) {
    const fatal = problem();
    if (fatal !== undefined) throw new Error(fatal);
    try {
      return void (await queryRows(url, 'DO 1'));
    } catch (error) {
      if (Date.now() > patience)
        throw new Error('the MySQL server did not answer in a minute', { cause: error });
      await sleep(50);
    }
  }
}
