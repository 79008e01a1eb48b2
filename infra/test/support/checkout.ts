/**
 * A checkout of the project with the real scripts and program, whose commits a test makes. Docker
 * and npm are stand-ins, which write their command lines to the file `asked`.
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOCKER, NPM } from './stand-ins.ts';

const ROOT = join(import.meta.dirname, '../../..');

export interface Checkout {
  readonly folder: string;
  /**
   * Variables of the processes that run in it.
   *
   * @param registry answers the stand-in for Docker: `PUT /TAG` pushes an image, and returns its digest.
   */
  environment(registry: string): Readonly<Record<string, string>>;
  /** Makes an empty commit. @returns its id. */
  commit(): string;
  /** The command lines of Docker and npm since the last call. */
  asked(): string[];
  remove(): void;
}

export function makeCheckout(): Checkout {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-checkout-'));
  const put = (path: string) =>
    cpSync(join(ROOT, path), join(folder, path), { recursive: true, preserveTimestamps: true });
  const infra = ['aws-deploy.sh', 'package.json', 'package-lock.json', 'cdk.json', 'platform', 'program'];
  for (const path of ['scripts', 'package.json', ...infra.map((name) => `infra/${name}`)]) put(path);
  symlinkSync(join(ROOT, 'src'), join(folder, 'src'));
  symlinkSync(join(ROOT, 'infra/node_modules'), join(folder, 'infra/node_modules'));
  mkdirSync(join(folder, 'bin'));
  for (const [name, text] of Object.entries({ npm: NPM, docker: DOCKER }))
    writeFileSync(join(folder, 'bin', name), text, { mode: 0o755 });
  const asked = join(folder, 'asked');
  writeFileSync(asked, '');

  function git(...args: string[]): string {
    const person = { name: 'Test', email: 'test@example.com' };
    const settings = ['commit.gpgsign=false', `user.name=${person.name}`, `user.email=${person.email}`];
    const all = [...settings.flatMap((setting) => ['-c', setting]), ...args];
    return execFileSync('git', all, { cwd: folder, encoding: 'utf8' }).trim();
  }
  git('init', '--quiet');
  // What is there now counts as committed.
  writeFileSync(
    join(folder, '.git/info/exclude'),
    ['bin', 'asked', 'cache', 'src', 'scripts', 'infra', 'package.json'].map((name) => `/${name}\n`).join(''),
  );
  return {
    folder,
    environment: (registry) => ({
      HOME: folder,
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      // Not that of the real folder, which would grow with each checkout.
      NODE_COMPILE_CACHE: join(folder, 'cache'),
      STAND_IN_REGISTRY: registry,
    }),
    commit() {
      git('commit', '--quiet', '--allow-empty', '--message', 'chore: nothing');
      return git('rev-parse', 'HEAD');
    },
    asked() {
      const lines = readFileSync(asked, 'utf8').split('\n').filter(Boolean);
      writeFileSync(asked, '');
      return lines;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
