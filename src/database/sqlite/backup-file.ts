/** Copies an embedded database into a backup, also while a service writes to it, and back. */

import { constants, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';

/** The backup or the database cannot be used. The message says why and what to do. */
export class BackupError extends Error {
  override name = 'BackupError';
}

/**
 * Writes a consistent copy of the database to `target`, which must not exist. Whoever sees the file
 * sees a complete and verified one.
 */
export async function backUpFile(path: string, target: string): Promise<void> {
  if (!existsSync(path)) throw new BackupError(`${path} does not exist`);
  if (existsSync(target)) throw new BackupError(`${target} exists already`);
  const part = `${target}.part`;
  rmSync(part, { force: true });
  const connection = new DatabaseSync(path, { timeout: 5000 });
  try {
    // All pages in one step: a backup in several steps starts again after each write of the service.
    await backup(connection, part, { rate: 2 ** 31 - 1 });
  } finally {
    connection.close();
  }
  useOneFile(part);
  verify(part);
  renameSync(part, target);
}

/**
 * Replaces the database by a backup. Keeps what was there as `PATH.before-restore`. Throws if the
 * backup is damaged, or if a process has the database open.
 */
export function restoreFile(path: string, source: string): void {
  if (!existsSync(source)) throw new BackupError(`${source} does not exist`);
  const part = `${path}.part`;
  copyFileSync(source, part, constants.COPYFILE_FICLONE);
  try {
    verify(part);
    if (existsSync(path)) {
      closeForAll(path);
      renameSync(path, `${path}.before-restore`);
    }
    for (const file of [`${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    renameSync(part, path);
  } finally {
    rmSync(part, { force: true });
  }
}

/** Moves what is in the write-ahead log into the file, and removes the log. */
function useOneFile(path: string): void {
  const connection = new DatabaseSync(path, { timeout: 0 });
  try {
    connection.exec('PRAGMA journal_mode = DELETE');
  } finally {
    connection.close();
  }
}

/** Throws if another process has the database open. A damaged one cannot be in use. */
function closeForAll(path: string): void {
  try {
    useOneFile(path);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes('locked')) {
      throw new BackupError(`${path} is in use; stop the service before you restore a backup`);
    }
  }
}

function verify(path: string): void {
  let result: unknown;
  try {
    const connection = new DatabaseSync(path, { readOnly: true });
    try {
      result = connection.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
      const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE name = 'schema_migrations'");
      if (result === 'ok' && tables.get() === undefined) result = 'it has no table schema_migrations';
    } finally {
      connection.close();
    }
  } catch (error) {
    result = error instanceof Error ? error.message : String(error);
  }
  if (result !== 'ok') throw new BackupError(`${path} is not a usable backup: ${String(result)}`);
}
