/** A MySQL server with TLS, whose certificate can be replaced while it runs. */

import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findServerProgram, startServerProgram } from '../../tools/mysql-binary.ts';
import { withConnection } from '../../tools/mysql-client.ts';
import { startServer } from '../../tools/mysql-server.ts';
import type { OwnServer } from '../../tools/own-server.ts';
import type { ServerCertificate } from './certificates.ts';

export interface TlsServer extends OwnServer {
  /** Presents this certificate to new connections. */
  show(certificate: ServerCertificate): Promise<void>;
}

/**
 * Starts an installed server program, or else a server like `startServer` does.
 * @param folder an existing folder for the server's files.
 */
export async function startTlsServer(folder: string, certificate: ServerCertificate): Promise<TlsServer> {
  const program = findServerProgram();
  const failures: unknown[] = [];
  if (program !== undefined) {
    try {
      return await startProgram(program, folder, certificate);
    } catch (error) {
      failures.push(error);
    }
  }
  const server = await startServer();
  try {
    const show = (shown: ServerCertificate) => showBySql(server.url, shown);
    await show(certificate);
    return { ...server, show };
  } catch (error) {
    await server.stop();
    throw new AggregateError([...failures, error], 'could not start a MySQL server with TLS');
  }
}

/** Starts the program through a script that adds the files to its command line. */
export async function startProgram(
  program: string,
  folder: string,
  first: ServerCertificate,
): Promise<TlsServer> {
  const authority = join(folder, 'shown-ca.pem');
  const certificate = join(folder, 'shown.pem');
  const key = join(folder, 'shown.key');
  const script = join(folder, 'server');
  const copy = (shown: ServerCertificate) => {
    copyFileSync(shown.authority, authority);
    copyFileSync(shown.certificate, certificate);
    copyFileSync(shown.key, key);
  };
  copy(first);
  const options = `--ssl-ca='${authority}' --ssl-cert='${certificate}' --ssl-key='${key}'`;
  writeFileSync(script, `#!/bin/sh\nexec '${program}' "$@" ${options}\n`);
  chmodSync(script, 0o755);
  const server = await startServerProgram(script);
  return {
    ...server,
    async show(shown) {
      copy(shown);
      await withConnection(server.url, async (connection) => {
        // The first is MariaDB's, the second MySQL's.
        await connection.query('FLUSH SSL').catch(() => connection.query('ALTER INSTANCE RELOAD TLS'));
      });
    },
  };
}

let shownBySql = 0;

/** In a container, MySQL writes the files itself, into the folder where it may. */
async function showBySql(url: string, { authority, key, certificate }: ServerCertificate): Promise<void> {
  shownBySql += 1;
  await withConnection(url, async (connection) => {
    for (const [variable, file] of [
      ['ssl_ca', authority],
      ['ssl_key', key],
      ['ssl_cert', certificate],
    ] as const) {
      await connection.query(`SET @path = CONCAT(@@secure_file_priv, '${variable}-${shownBySql}.pem')`);
      await connection.query(
        `SET @sql = CONCAT("SELECT ? INTO DUMPFILE '", @path, "'"); PREPARE dump FROM @sql; SET @content = ?`,
        [readFileSync(file, 'utf8')],
      );
      await connection.query(`EXECUTE dump USING @content; SET GLOBAL ${variable} = @path`);
    }
    await connection.query('ALTER INSTANCE RELOAD TLS');
  });
}
