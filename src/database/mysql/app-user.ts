/** Creates the database user of the service, with the rights on each table that it needs. */

import { escapeId, escape as quote } from 'mysql2';
import type { AppUser } from '../../config/database.ts';
import { openConnection, type Server, type Session } from './connection.ts';
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

/** The plugin with which RDS and Aurora check tokens of IAM. */
const IAM_PLUGIN = 'AWSAuthenticationPlugin';

/**
 * Creates the user, or sets its password to the configured one: that is how a password is changed.
 * Grants {@link RIGHTS}, and then revokes those on the whole database that earlier releases
 * granted. Rejects with the driver's errors.
 */
export async function ensureAppUser(server: Server, { user, password }: AppUser): Promise<void> {
  const account = `${quote(user)}@'%'`;
  const session = await openConnection(server);
  try {
    if (password === undefined) await createIamUser(session, user, account);
    else await session.run(`CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${quote(password())}`);
    await grantRights(session, escapeId(server.name), account);
    if (password !== undefined) await ensurePassword(session, account, { ...server, user, password });
  } finally {
    session.destroy();
  }
}

/**
 * A user that exists with a password is an error: replacing the password would lock out the tasks
 * that use it.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html
 */
async function createIamUser(session: Session, user: string, account: string): Promise<void> {
  await session.run(
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED WITH ${IAM_PLUGIN} AS 'RDS' REQUIRE SSL`,
  );
  const [[plugin]] = await session.run<[[string]]>(
    `SELECT plugin FROM mysql.user WHERE user = ${quote(user)} AND host = '%'`,
  );
  if (plugin === IAM_PLUGIN) return;
  throw new Error(`the database user ${user} exists and signs in with ${plugin}; choose another name`);
}

async function ensurePassword(session: Session, account: string, login: Server): Promise<void> {
  if (await canLogIn({ ...login, tokens: undefined })) return;
  const [[isMariadb]] = await session.run<[[0 | 1]]>("SELECT VERSION() LIKE '%MariaDB%'");
  // Instances that still have the old password keep working:
  // https://dev.mysql.com/doc/refman/8.4/en/password-management.html
  const keepOld = isMariadb === 1 ? '' : ' RETAIN CURRENT PASSWORD';
  await session.run(`ALTER USER ${account} IDENTIFIED BY ${quote(login.password())}${keepOld}`);
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

async function canLogIn(config: Server): Promise<boolean> {
  const session = await openConnection(config).catch(() => undefined);
  session?.destroy();
  return session !== undefined;
}
