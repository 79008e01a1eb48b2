/** A user whom a read-only server rejects; administrators may write to it all the same. */

import { queryRows } from '../../tools/mysql-client.ts';

export const PLAIN_USER = 'plain';

/** Creates the user with all rights on this database, and returns the database's URL with it. */
export async function withoutSuper(serverUrl: string, databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl);
  [url.username, url.password] = [PLAIN_USER, PLAIN_USER];
  await queryRows(serverUrl, `CREATE USER '${PLAIN_USER}'@'%' IDENTIFIED BY '${PLAIN_USER}'`);
  await queryRows(serverUrl, `GRANT ALL ON ${url.pathname.slice(1)}.* TO '${PLAIN_USER}'@'%'`);
  return url.href;
}
