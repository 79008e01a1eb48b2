/** The CSV file: validated completely before the first car is sent, then read again. */

import { createHash } from 'node:crypto';
import { type BigIntStats, fstatSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { CsvError, splitCsv } from '../../client/src/index.ts';
import { UsageError } from '../../src/commands/usage-error.ts';

export interface CsvFile {
  /**
   * SHA-256 of the content, base64url. Part of each Idempotency-Key, so an edited file creates new
   * cars.
   */
  readonly fingerprint: string;
  /** The record that names the columns. */
  readonly header: string;
  readonly rowCount: number;
  /** The file, or what standard input is. */
  readonly origin: BigIntStats;
  /** Whether it was copied from standard input. */
  readonly isCopy: boolean;
  /** Reads the content. Throws when the file was changed since it was validated. */
  readonly read: () => AsyncGenerator<Buffer>;
  readonly close: () => Promise<void>;
}

/**
 * Opens and validates the file; `-` is standard input.
 * Throws {@link UsageError} when it is missing, not UTF-8 or not CSV.
 */
export async function openCsvFile(path: string, stdin: typeof process.stdin): Promise<CsvFile> {
  const isCopy = path === '-';
  const name = isCopy ? 'standard input' : path;
  const file = await (isCopy ? copyToFile(stdin) : open(path)).catch((error) => {
    const what = isCopy ? `copy standard input to ${tmpdir()}` : `read ${path}`;
    throw new UsageError(`cannot ${what}: ${error.message}`);
  });
  try {
    const stats = await statFile(file);
    const { mtimeNs, size } = stats;
    const origin = isCopy ? fstatSync(stdin.fd, { bigint: true }) : stats;
    await rejectOtherFormats(file);
    const { fingerprint, header, rowCount } = await validate(file);

    async function* read(): AsyncGenerator<Buffer> {
      yield* chunksOf(file);
      const now = await statFile(file);
      if (now.mtimeNs !== mtimeNs || now.size !== size)
        throw new Error('the file was changed during the run');
    }
    return { fingerprint, header, rowCount, origin, isCopy, read, close: () => file.close() };
  } catch (error) {
    await file.close();
    if (!(error instanceof Error)) throw error;
    // An error of the system, such as a disk that cannot be read.
    if ('code' in error) throw new UsageError(`cannot read ${name}: ${error.message}`);
    throw error instanceof UsageError ? new UsageError(`${name}: ${error.message}`) : error;
  }
}

/**
 * Copies what can be read only once to a file without a name, which disappears with the process.
 */
async function copyToFile(stdin: Readable): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'cars-api-load-'));
  const file = await open(join(folder, 'cars.csv'), 'wx+', 0o600);
  await rm(folder, { recursive: true });
  await file.writeFile(stdin);
  return file;
}

async function statFile(file: FileHandle) {
  const stats = await file.stat({ bigint: true });
  // The file is read twice, which a pipe does not allow.
  if (!stats.isFile()) throw new UsageError('is not a regular file; to load from a pipe, use - as the file');
  return stats;
}

function chunksOf(file: FileHandle): AsyncIterable<Buffer> {
  return file.createReadStream({ start: 0, autoClose: false });
}

const SAVE_AS_UTF8 = 'in Excel, save it as "CSV UTF-8"';

/** Throws {@link UsageError} for what is often mistaken for CSV. */
async function rejectOtherFormats(file: FileHandle): Promise<void> {
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  const start = buffer.toString('latin1');
  if (start === 'PK\x03\x04') throw new UsageError(`is a workbook or another ZIP file; ${SAVE_AS_UTF8}`);
  if (start.startsWith('\x1f\x8b'))
    throw new UsageError('is compressed; decompress it: gunzip -c FILE | npm run load -- -');
}

async function validate(file: FileHandle) {
  const hash = createHash('sha256');
  let header: string | undefined;
  let records = 0;
  async function* hashed() {
    for await (const chunk of chunksOf(file)) {
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    for await (const group of splitCsv(hashed())) {
      header ??= group[0]?.text;
      records += group.length;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UsageError(error.line === undefined ? `${error.message}; ${SAVE_AS_UTF8}` : error.message);
  }
  if (header === undefined) throw new UsageError('is empty; its first line must name the columns');
  return { fingerprint: hash.digest('base64url'), header, rowCount: records - 1 };
}
