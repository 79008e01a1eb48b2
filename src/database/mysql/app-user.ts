/** Creates the database user of the service, which may read and write rows and nothing else. */

import { escapeId, escape as quote } from 'mysql2';
import type { AppUser, MysqlConfig } from '../../config/database.ts';
import { openConnection } from './connection.ts';

/**
 * Creates the user, or sets its password to the configured one: that is how a password is changed.
 * Grants rights and never revokes any. Rejects with the driver's errors.
 */
export async function ensureAppUser(config: MysqlConfig, { user, password }: AppUser): Promise<void> {
  const account = `${quote(user)}@'%'`;
  const session = await openConnection(config);
  try {
    await session.run(`CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${quote(password())}`);
    await session.run(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${escapeId(config.name)}.* TO ${account}`);
    if (await canLogIn({ ...config, user, password })) return;
    const [[isMariadb]] = await session.run<[[0 | 1]]>("SELECT VERSION() LIKE '%MariaDB%'");
    // Instances that still have the old password keep working:
    // https://dev.mysql.com/doc/refman/8.4/en/password-management.html
    const keepOld = isMariadb === 1 ? '' : ' RETAIN CURRENT PASSWORD';
    await session.run(`ALTER USER ${account} IDENTIFIED BY ${quote(password())}${keepOld}`);
  } finally {
    session.destroy();
  }
}

async function canLogIn(config: MysqlConfig): Promise<boolean> {
  const session = await openConnection(config).catch(() => undefined);
  session?.destroy();
  return session !== undefined;
}
