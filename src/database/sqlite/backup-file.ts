/** Copies an embedded database into a backup, also while a service writes to it, and back. */

import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { resultCode, SQLITE } from './errors.ts';

/** Files beside a database that can have commits which are nowhere else. */
const LOGS = ['-wal', '-journal'] as const;

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
  const part = partOf(target, path);
  const connection = new DatabaseSync(path, { timeout: 5000 });
  try {
    // All pages in one step: a backup in several steps starts again after each write of the service.
    await backup(connection, part, { rate: 2 ** 31 - 1 });
  } finally {
    connection.close();
  }
  verify(part);
  flush(part);
  renameSync(part, target);
  flush(dirname(target));
}

/**
 * Replaces the database by a backup. Keeps what was there as `PATH.before-restore`. Throws if the
 * backup is damaged, or if a process has the database open. Then nothing has changed.
 */
export function restoreFile(path: string, source: string): void {
  if (!existsSync(source)) throw new BackupError(`${source} does not exist`);
  const part = partOf(path, source);
  try {
    copyFileSync(source, part, constants.COPYFILE_FICLONE);
    // As of a database that an earlier restore kept.
    for (const log of LOGS) if (existsSync(source + log)) copyFileSync(source + log, part + log);
    verify(part);
    flush(part);
    if (existsSync(path)) closeForAll(path);
  } catch (error) {
    remove(part);
    throw error;
  }
  keepOld(path);
  renameSync(part, path);
  flush(dirname(path));
}

/** Names the file that becomes `target`, and removes what an interrupted command left of it. */
function partOf(target: string, source: string): string {
  const part = `${target}.part`;
  if (isSameFile(part, source)) throw new BackupError(`${part} is a temporary file; rename it first`);
  remove(part);
  return part;
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}

/** Removes a database with everything beside it: an old log would be applied to a new database. */
function remove(path: string): void {
  for (const file of [path, ...LOGS.map((log) => path + log), `${path}-shm`]) rmSync(file, { force: true });
}

/** Renames the database. A log comes first: without it, the database would look complete. */
function keepOld(path: string): void {
  const kept = `${path}.before-restore`;
  const endings = [...LOGS, ''].filter((ending) => existsSync(path + ending));
  if (endings.length > 0) remove(kept);
  for (const ending of endings) renameSync(path + ending, kept + ending);
  rmSync(`${path}-shm`, { force: true });
}

/** Returns when a file, or the names in a folder, are on disk. Windows cannot do this to a folder. */
function flush(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
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

/**
 * Throws if another process has the database open, or if its log cannot be moved into it. A damaged
 * one cannot be in use.
 */
function closeForAll(path: string): void {
  try {
    useOneFile(path);
  } catch (error) {
    const code = resultCode(error);
    if (code === SQLITE.CORRUPT || code === SQLITE.NOTADB) return;
    if (code === SQLITE.BUSY || code === SQLITE.LOCKED)
      throw new BackupError(`${path} is in use; stop the service before you restore a backup`);
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackupError(
      `the old database cannot be closed (${reason}), so nothing was changed. Is the disk full? To restore anyway, move ${path} and ${path}-wal to another folder first`,
    );
  }
}

/** Throws if a copy of a database is not usable. Makes one file of it. */
function verify(path: string): void {
  let result: unknown;
  try {
    useOneFile(path);
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
