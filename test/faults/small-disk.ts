/** Runs the service with its embedded database on a private disk of a few megabytes. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Service, watch, withPath } from '../process/start-service.ts';

export interface SmallDisk {
  readonly service: Service;
  /** The disk's folder, with `cars.db` in it, as this process reaches it. */
  readonly folder: string;
}

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/**
 * The disk is a tmpfs in a mount namespace of the service's own, so it ends with the process.
 * Throws when the system allows no such mount: a test that skipped then would promise what nobody
 * has seen.
 */
export async function startOnSmallDisk(megabytes: number): Promise<SmallDisk> {
  const inside = mkdtempSync(join(tmpdir(), 'cars-api-small-disk-'));
  onTestFinished(() => rmSync(inside, { recursive: true, force: true }));
  const mount = `mount -t tmpfs -o size=${megabytes}m tmpfs "$1" && exec "$2" "$3"`;
  // Whoever is not root becomes root of a user namespace, which may mount a tmpfs.
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const program = watch(
    spawn('unshare', [...asRoot, '--mount', 'sh', '-c', mount, 'sh', inside, process.execPath, MAIN], {
      env: withPath({ PORT: '0', DATABASE_URL: `sqlite:${join(inside, 'cars.db')}` }),
    }),
  );
  program.child.on('error', () => {}); // that `unshare` is missing is told below
  const line = await program.logged('Server listening at ').catch((error: Error) => {
    const message = `this system lets nobody mount a small disk (unshare --mount, tmpfs): ${program.output.stderr}`;
    throw new Error(message, { cause: error });
  });
  // `unshare` and `sh` have become the service itself by `exec`.
  const folder = join(`/proc/${program.child.pid}/root`, inside);
  return {
    folder,
    service: {
      ...program,
      url: String(line['message']).replace('Server listening at ', ''),
      stop(signal = 'SIGTERM') {
        program.child.kill(signal);
        return program.ended;
      },
    },
  };
}
