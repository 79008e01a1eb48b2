/** Creates the database user of the service, with the rights on each table that it needs. */

import { escapeId, escape as quote } from 'mysql2';
import type { AppUser, MysqlConfig } from '../../config/database.ts';
import { openConnection, type Session } from './connection.ts';
import { errnoOf } from './errors.ts';

/**
 * The rights on each table. The audit trail and the ledger of migrations cannot be rewritten, and
 * of an API key only what revoking it changes.
 */
const RIGHTS = {
  cars: 'SELECT, INSERT, UPDATE, DELETE',
  idempotency_keys: 'SELECT, INSERT, DELETE',
  batch_answers: 'SELECT, INSERT, DELETE',
  car_changes: 'SELECT, INSERT',
  api_keys: 'SELECT, INSERT, UPDATE (live_name, revoked_at)',
  schema_migrations: 'SELECT',
} as const;

/** There is no such grant to revoke. */
const NO_SUCH_GRANT = 1141;

/**
 * Creates the user, or sets its password to the configured one: that is how a password is changed.
 * Grants {@link RIGHTS}, and then revokes those on the whole database that earlier releases
 * granted. Rejects with the driver's errors.
 */
export async function ensureAppUser(config: MysqlConfig, { user, password }: AppUser): Promise<void> {
  const account = `${quote(user)}@'%'`;
  const session = await openConnection(config);
  try {
    await session.run(`CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${quote(password())}`);
    await grantRights(session, escapeId(config.name), account);
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

async function grantRights(session: Session, database: string, account: string): Promise<void> {
  for (const [table, rights] of Object.entries(RIGHTS)) {
    await session.run(`GRANT ${rights} ON ${database}.${escapeId(table)} TO ${account}`);
  }
  try {
    await session.run(`REVOKE SELECT, INSERT, UPDATE, DELETE ON ${database}.* FROM ${account}`);
  } catch (error) {
    if (errnoOf(error) !== NO_SUCH_GRANT) throw error;
  }
}

async function canLogIn(config: MysqlConfig): Promise<boolean> {
  const session = await openConnection(config).catch(() => undefined);
  session?.destroy();
  return session !== undefined;
}
