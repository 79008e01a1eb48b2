/**
 * A MariaDB server that stands in for RDS with IAM: over TLS, its user `token_user` signs in with a
 * token in clear text. RDS checks the token's signature with IAM. Here MariaDB's plugin `auth_pam`
 * gives it to a script, which accepts every token except those that the test rejects.
 */

import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findServerProgram } from '../../tools/mysql-binary.ts';
import { withConnection } from '../../tools/mysql-client.ts';
import type { OwnServer } from '../../tools/own-server.ts';
import type { ServerCertificate } from '../process/certificates.ts';
import { startProgram } from '../process/tls-server.ts';

export interface PamServer extends OwnServer {
  /** The tokens that users signed in with, in order. */
  tokens(): string[];
  reject(token: string): void;
  /** Accepts or rejects every token. */
  rejectAll(isRejecting: boolean): void;
}

/** @param folder an existing folder for the server's files. */
export async function startPamServer(folder: string, certificate: ServerCertificate): Promise<PamServer> {
  const program = findServerProgram();
  if (program === undefined) throw new Error('this test needs MariaDB: apt-get install mariadb-server');
  const path = (name: string) => join(folder, name);
  const check = path('check');
  writeFileSync(path('rejected'), '');
  writeFileSync(
    check,
    `#!/bin/sh
token=$(tr -d '\\0')
echo "$token" >> '${path('tokens')}'
[ ! -e '${path('reject-all')}' ] && ! grep -qxF "$token" '${path('rejected')}'
`,
  );
  chmodSync(check, 0o755);
  writeFileSync(
    path('cars-api'),
    `auth required pam_exec.so expose_authtok quiet ${check}\naccount required pam_permit.so\n`,
  );
  // PAM reads its configuration from one folder, which the server gets a version of its own of.
  const script = path('with-pam');
  const asRoot = process.getuid?.() === 0 ? '' : '--user --map-root-user';
  writeFileSync(
    script,
    `#!/bin/sh
[ "$1" = --version ] && exec '${program}' "$@"
exec unshare ${asRoot} --mount sh -c '
  mount -t tmpfs tmpfs /etc/pam.d && cp "${path('cars-api')}" /etc/pam.d/ && exec "$@"
' sh '${program}' "$@" --plugin-load-add=auth_pam_v1 --pam-use-cleartext-plugin
`,
  );
  chmodSync(script, 0o755);
  const server = await startProgram(script, folder, certificate);
  await withConnection(server.url, (connection) =>
    connection.query(`
      CREATE DATABASE cars_pam;
      CREATE USER 'token_user'@'%' IDENTIFIED VIA pam USING 'cars-api' REQUIRE SSL;
      GRANT ALL ON cars_pam.* TO 'token_user'@'%'`),
  );
  return {
    ...server,
    tokens: () =>
      existsSync(path('tokens')) ? readFileSync(path('tokens'), 'utf8').trimEnd().split('\n') : [],
    reject: (token) => appendFileSync(path('rejected'), `${token}\n`),
    rejectAll(isRejecting) {
      if (isRejecting) writeFileSync(path('reject-all'), '');
      else rmSync(path('reject-all'), { force: true });
    },
  };
}
